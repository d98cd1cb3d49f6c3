#include "metrics/price_reader.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include "metrics/price_builder.hpp"
#include "metrics/price_text.hpp"
#include "observation/config_error.hpp"
#include "observation/message_text.hpp"

namespace tokenweir::metrics {
namespace {

constexpr int price_decimals = 6;  // dollars for a million tokens become picodollars for one
constexpr int unit_decimals = 12;  // dollars for a unit
constexpr int factor_decimals = 4;

constexpr std::array<std::string_view, 2> catalogue_words{"as_of", "providers"};
constexpr std::array<std::string_view, 6> provider_words{"source", "as_of", "same_as", "vendors", "tiers", "models"};
constexpr std::array<std::string_view, 4> period_words{"above", "tiers", "hours", "units"};
constexpr std::array<std::string_view, 8> model_words{"source", "as_of", "also",  "from",
                                                      "above",  "tiers", "hours", "units"};
constexpr std::array<std::string_view, 2> tier_words{"factor", "above"};

using Words = std::vector<std::string_view>;

/// Words of a mapping that also states prices.
Words with_prices(std::span<const std::string_view> words) {
    Words all(words.begin(), words.end());
    all.insert(all.end(), token_kind_names.begin(), token_kind_names.end());
    return all;
}

Words only(std::span<const std::string_view> words) { return {words.begin(), words.end()}; }

/// A value, the word before it, and where it stands: "providers.openai.models.gpt-5.input", behind line and column.
struct Item {
    std::string word, path, where;
    YAML::Node node;
};

/// Sees documents begin, and nothing else.
struct DocumentStarts final : YAML::EventHandler {
    void OnDocumentStart(const YAML::Mark& mark) override { last = mark; }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
    void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
    void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
    void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
    void OnSequenceEnd() override {}
    void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
    void OnMapEnd() override {}

    YAML::Mark last;
};

/// Reads one text after the other into one catalogue. Mistakes are gathered; what is read after one is still read.
class Reader {
public:
    void read(const PriceText& text);
    PriceCatalogue finish();

private:
    using Use = std::function<void(const Item&)>;

    std::string at(const YAML::Mark& mark) const;
    YAML::Node parse(const PriceText& text);
    void complain(const Item& item, const std::string& what) { complaints_.add(item.where, what); }

    /// The members of a mapping. Without `known`, any word may stand there.
    void members(const Item& holder, const Words& known, const Use& use);
    void members(const Item& holder, const Use& use) { members(holder, {}, use); }

    void read_provider(const Item& item);
    void read_model(const Item& item, ProviderPrices& provider, const NamedTiers& usual);
    void read_names(const Item& item, std::vector<Item>& names);
    void name_model(const Item& item, ProviderPrices& provider, std::shared_ptr<const ModelPrices> prices);
    bool read_period(const Item& item, NamedPeriod& period);
    bool read_price(const Item& item, NamedPrices& prices);
    void read_bands(const Item& item, NamedBands& bands);
    void read_tiers(const Item& item, NamedTiers& tiers);
    void read_hours(const Item& item, NamedPeriod& period);
    void add_period(const Item& item, const NamedPeriod& period, const NamedTiers& usual, WallTime from,
                    ModelPrices& model);

    std::string text(const Item& item, const std::string& expected);
    std::optional<std::int64_t> decimal(const Item& item, int decimals, const std::string& expected);
    std::optional<std::chrono::sys_days> date(const Item& item);
    std::string reference(const Item& item);

    std::string document_;
    PriceCatalogue catalogue_;
    std::map<std::string, NamedTiers> usual_tiers_;              // by provider
    std::set<std::pair<std::string, std::string>> names_;        // of models in this text, behind their provider's
    std::vector<std::pair<std::string, std::string>> referred_;  // where, and to which provider
    Complaints complaints_;
};

std::string Reader::at(const YAML::Mark& mark) const {
    if (mark.is_null()) return document_;
    return document_ + ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1);
}

YAML::Node Reader::parse(const PriceText& text) {
    const std::string yaml(text.yaml);
    try {
        std::istringstream stream(yaml);
        YAML::Parser parser(stream);
        DocumentStarts starts;
        if (parser.HandleNextDocument(starts) && parser.HandleNextDocument(starts))
            complaints_.add(at(starts.last), "expected one YAML document and nothing behind it");
        else
            return YAML::Load(yaml);
    } catch (const YAML::Exception& error) {
        complaints_.add(at(error.mark), "not valid YAML (a value with ':', '[' or '{' may need quotes): " + error.msg);
    }
    return YAML::Node(YAML::NodeType::Undefined);
}

void Reader::members(const Item& holder, const Words& known, const Use& use) {
    if (!holder.node.IsMap()) return complain(holder, "expected a mapping");
    std::set<std::string> seen;
    const std::string place = holder.path.empty() ? "" : " in " + holder.path;
    for (const auto& entry : holder.node) {
        const std::string where = at(entry.first.Mark());
        if (!entry.first.IsScalar()) {
            complaints_.add(where, "expected a word as the key" + place);
            continue;
        }
        const std::string& word = entry.first.Scalar();
        const std::string path = holder.path + (holder.path.empty() ? "" : ".") + word;
        if (!seen.insert(word).second)
            complaints_.add(where, "key " + in_quotes(word) + " stands twice" + place);
        else if (!known.empty() && std::ranges::find(known, word) == known.end())
            complaints_.add(where, "unknown key " + in_quotes(word) + place + suggestion(word, known));
        else
            use({word, path, (entry.second.IsNull() ? where : at(entry.second.Mark())) + ": " + path, entry.second});
    }
}

std::string Reader::text(const Item& item, const std::string& expected) {
    if (item.node.IsScalar() && !item.node.Scalar().empty()) return item.node.Scalar();
    complain(item, "expected " + expected);
    return {};
}

std::optional<std::int64_t> Reader::decimal(const Item& item, int decimals, const std::string& expected) {
    const std::string written = item.node.IsScalar() ? item.node.Scalar() : std::string();
    const auto value = parse_decimal(written, decimals);
    if (!value) complain(item, "expected " + expected + (written.empty() ? "" : ", got " + in_quotes(written)));
    return value;
}

std::optional<std::chrono::sys_days> Reader::date(const Item& item) {
    const std::string written = item.node.IsScalar() ? item.node.Scalar() : std::string();
    const auto day = parse_date(written);
    if (!day)
        complain(item, "expected a date such as 2026-10-07" + (written.empty() ? "" : ", got " + in_quotes(written)));
    return day;
}

std::string Reader::reference(const Item& item) {
    std::string provider = text(item, "the name of a provider");
    if (!provider.empty()) referred_.emplace_back(item.where, provider);
    return provider;
}

void Reader::read(const PriceText& text) {
    document_ = text.document;
    names_.clear();
    PriceOrigin& origin = catalogue_.origins.emplace_back(PriceOrigin{std::string(text.origin)});
    const Item root{"", "", document_, parse(text)};
    if (!root.node.IsDefined() || root.node.IsNull()) return;
    members(root, only(catalogue_words), [&](const Item& item) {
        if (item.word == "as_of")
            origin.as_of = date(item);
        else
            members(item, [&](const Item& provider) { read_provider(provider); });
    });
}

void Reader::read_provider(const Item& item) {
    ProviderPrices& provider = catalogue_.providers[item.word];
    NamedTiers& usual = usual_tiers_[item.word];
    // Tiers first, wherever they stand: they hold for the models.
    members(item, only(provider_words), [&](const Item& member) {
        if (member.word == "tiers") {
            read_tiers(member, usual);
        } else if (member.word == "source") {
            text(member, "the page that the prices are from");
        } else if (member.word == "as_of") {
            date(member);
        } else if (member.word == "same_as") {
            provider.same_as = reference(member);
        } else if (member.word == "vendors") {
            members(member, [&](const Item& vendor) { provider.vendors[vendor.word] = reference(vendor); });
        }
    });
    if (!item.node.IsMap() || !item.node["models"]) return;
    const YAML::Node models = item.node["models"];
    const std::string path = item.path + ".models";
    members({"models", path, at(models.Mark()) + ": " + path, models},
            [&](const Item& model) { read_model(model, provider, usual); });
}

void Reader::read_model(const Item& item, ProviderPrices& provider, const NamedTiers& usual) {
    NamedPeriod always;
    std::map<WallTime, std::pair<Item, NamedPeriod>> later;
    std::vector<Item> names{item};
    const std::size_t complaints = complaints_.count();
    members(item, with_prices(model_words), [&](const Item& member) {
        if (read_period(member, always)) return;
        if (member.word == "source")
            text(member, "the page that the prices are from");
        else if (member.word == "as_of")
            date(member);
        else if (member.word == "also")
            read_names(member, names);
        else
            members(member, [&](const Item& from) {
                const auto day = parse_date(from.word);
                if (!day) return complain(from, "expected a date such as 2026-10-07 as the key");
                auto& dated = later[*day];
                dated.first = from;
                members(from, with_prices(period_words), [&](const Item& inner) { read_period(inner, dated.second); });
            });
    });
    if (complaints_.count() != complaints) return;
    auto prices = std::make_shared<ModelPrices>();
    add_period(item, always, usual, WallTime::min(), *prices);
    for (const auto& [day, dated] : later) add_period(dated.first, dated.second, usual, day, *prices);
    ++catalogue_.origins.back().models;
    for (const Item& name : names) name_model(name, provider, prices);
}

void Reader::read_names(const Item& item, std::vector<Item>& names) {
    if (!item.node.IsSequence()) return complain(item, "expected a list of further names");
    for (const YAML::Node& name : item.node) {
        const Item further{name.IsScalar() ? name.Scalar() : "", item.path, at(name.Mark()) + ": " + item.path, name};
        if (further.word.empty()) complain(further, "expected the name of a model");
        names.push_back(further);
    }
}

void Reader::name_model(const Item& item, ProviderPrices& provider, std::shared_ptr<const ModelPrices> prices) {
    const std::string section = item.path.substr(0, item.path.find(".models"));
    if (!names_.insert({section, item.word}).second)
        return complain(item, "model " + in_quotes(item.word) + " stands twice in " + section);
    provider.models[item.word] = std::move(prices);
}

/// False for a word that is none of a period.
bool Reader::read_period(const Item& item, NamedPeriod& period) {
    if (read_price(item, period.prices)) return true;
    if (item.word == "above") {
        read_bands(item, period.above);
    } else if (item.word == "tiers") {
        read_tiers(item, period.tiers);
    } else if (item.word == "hours") {
        read_hours(item, period);
    } else if (item.word == "units") {
        members(item, [&](const Item& unit) {
            if (const auto price = decimal(unit, unit_decimals, "US dollars for one unit, such as 0.01"))
                period.units.emplace_back(unit.word, *price);
        });
    } else {
        return false;
    }
    return true;
}

/// False for a word that is no kind of token.
bool Reader::read_price(const Item& item, NamedPrices& prices) {
    const auto kind = std::ranges::find(token_kind_names, item.word);
    if (kind == token_kind_names.end()) return false;
    const auto price =
        decimal(item, price_decimals, "US dollars for a million tokens, such as 1.25, with at most 6 decimals");
    if (price) prices[static_cast<std::size_t>(kind - token_kind_names.begin())] = price;
    return true;
}

void Reader::read_bands(const Item& item, NamedBands& bands) {
    members(item, [&](const Item& band) {
        const auto threshold = parse_decimal(band.word, 0);
        const bool fits = threshold && band.word.find('.') == std::string::npos && *threshold > 0;
        if (!fits) return complain(band, "expected a number of input tokens up to 1000000 as the key, such as 200000");
        members(band, with_prices({}), [&](const Item& price) { read_price(price, bands[*threshold]); });
    });
}

void Reader::read_tiers(const Item& item, NamedTiers& tiers) {
    members(item, [&](const Item& member) {
        NamedTier tier;
        bool has_prices = false;
        members(member, with_prices(tier_words), [&](const Item& inner) {
            if (inner.word == "factor") {
                tier.factor = decimal(inner, factor_decimals, "a factor such as 0.5, with at most 4 decimals");
                return;
            }
            has_prices = true;
            if (!read_price(inner, tier.prices)) read_bands(inner, tier.above);
        });
        if (tier.factor && has_prices) return complain(member, "expected a factor or prices, not both");
        tiers[member.word] = tier;
    });
}

void Reader::read_hours(const Item& item, NamedPeriod& period) {
    members(item, [&](const Item& member) {
        const auto range = parse_hours(member.word);
        if (!range) return complain(member, "expected hours such as 'mon-fri 01:00-04:00' (UTC) as the key");
        NamedPrices prices;
        members(member, with_prices({}), [&](const Item& price) { read_price(price, prices); });
        period.hours.emplace_back(*range, prices);
    });
}

void Reader::add_period(const Item& item, const NamedPeriod& period, const NamedTiers& usual, WallTime from,
                        ModelPrices& model) {
    const bool has_price = std::ranges::any_of(period.prices, [](const auto& price) { return price.has_value(); });
    if (!has_price && period.units.empty()) return complain(item, "expected a price, such as input, or units");
    try {
        model.push_back(complete(period, usual, from));
    } catch (const BadValue& bad) {
        complain(item, bad.what());
    }
}

PriceCatalogue Reader::finish() {
    Words providers;
    for (const auto& [name, prices] : catalogue_.providers) providers.push_back(name);
    for (const auto& [where, provider] : referred_)
        if (catalogue_.providers.find(provider) == catalogue_.providers.end())
            complaints_.add(where, "there is no provider " + in_quotes(provider) + suggestion(provider, providers));
    complaints_.throw_if_any();
    return std::move(catalogue_);
}

}  // namespace

PriceCatalogue read_prices(std::span<const PriceText> texts) {
    Reader reader;
    for (const PriceText& text : texts) reader.read(text);
    return reader.finish();
}

}  // namespace tokenweir::metrics
