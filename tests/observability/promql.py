"""Which labels the result of a PromQL expression has; finds what does not exist, and sides that never match.

Metrics are those of the catalogue, those that Prometheus makes itself, and recorded ones."""

import catalogue
import promql_parser as parser

TARGET = frozenset({"job", "instance"})  # what Prometheus adds
FROM_PROMETHEUS = {
    "up": TARGET,
    "scrape_samples_scraped": TARGET,
}


class Mismatch(Exception):
    """What is wrong with an expression, in words."""


def exported():
    """{series: its labels} of all that Prometheus gets from Tokenweir, or makes of it."""
    series = dict(FROM_PROMETHEUS)
    for metric in catalogue.metrics().values():
        have = metric.labels | TARGET
        if metric.type == "histogram":
            series |= {f"{metric.name}_bucket": have | {"le"}, f"{metric.name}_sum": have, f"{metric.name}_count": have}
        else:
            series[metric.name] = have
    return series


def walk(node):
    """All expressions that an expression consists of, itself first."""
    yield node
    children = [getattr(node, name, None) for name in ("expr", "param", "lhs", "rhs", "vector_selector")]
    for child in children + list(getattr(node, "args", [])):
        if isinstance(child, parser.Expr):
            yield from walk(child)


def selectors(expression):
    """[(name, {label, ...}), ...] of the series that it reads."""
    nodes = (node for node in walk(parser.parse(expression)) if isinstance(node, parser.VectorSelector))
    return [(node.name, {matcher.name for matcher in node.matchers.matchers}) for node in nodes]


def expect(condition, what):
    if not condition:
        raise Mismatch(what)


def listed(labels):
    return ", ".join(sorted(labels)) or "no label"


class Labels:
    """`of(expression)`: the labels of its result, or None for a scalar. `known`: {series: labels}."""

    def __init__(self, known):
        self.known = known

    def of(self, expression):
        try:
            return self._of(parser.parse(expression))
        except ValueError as error:
            raise Mismatch(f"no PromQL: {error}") from error

    def _of(self, node):
        match node:
            case parser.NumberLiteral() | parser.StringLiteral():
                return None
            case parser.ParenExpr() | parser.UnaryExpr() | parser.SubqueryExpr():
                return self._of(node.expr)
            case parser.VectorSelector():
                return self._selector(node)
            case parser.MatrixSelector():
                return self._selector(node.vector_selector)
            case parser.AggregateExpr():
                return self._aggregate(node)
            case parser.Call():
                return self._call(node)
            case parser.BinaryExpr():
                return self._binary(node)
        raise AssertionError(f"not known: {node}")

    def _selector(self, node):
        expect(node.name in self.known, f"there is no metric {node.name}")
        used = {matcher.name for matcher in node.matchers.matchers}
        expect(used <= self.known[node.name], f"{node.name} has no label {listed(used - self.known[node.name])}")
        return self.known[node.name]

    def _aggregate(self, node):
        have = self._of(node.expr)
        if str(node.op) in ("topk", "bottomk"):
            return have
        if node.modifier is None:
            return frozenset()
        named = frozenset(node.modifier.labels)
        expect(named <= have, f"{node.expr} has no label {listed(named - have)}")
        return named if node.modifier.type == parser.AggModifierType.By else have - named

    def _call(self, node):
        arguments = [self._of(argument) for argument in node.args]
        vectors = [argument for argument in arguments if argument is not None]
        match node.func.name:
            case "vector":
                return frozenset()
            case "time" | "scalar":
                return None
            case "absent":
                equal = [m for m in node.args[0].matchers.matchers if m.op == parser.MatchOp.Equal]
                return frozenset(matcher.name for matcher in equal)
            case "histogram_quantile":
                expect("le" in vectors[0], f"{node.args[1]} has no label le")
                return vectors[0] - {"le"}
            case "label_replace":
                return vectors[0] | {node.args[1].val}
        return vectors[0]

    def _binary(self, node):
        left, right = self._of(node.lhs), self._of(node.rhs)
        if left is None or right is None:
            return right if left is None else left
        operation, how = str(node.op), node.modifier
        on = how and how.matching
        if on is None:
            expect(left == right or operation == "or", f"{node}: {listed(left)} never matches {listed(right)}")
        elif on.type == parser.LabelModifierType.Include:
            named = frozenset(on.labels)
            expect(named <= left & right, f"{node}: not both have {listed(named - (left & right))}")
        if operation in ("and", "unless"):
            return left
        if operation == "or":
            return left | right
        if on is None or how.card != parser.VectorMatchCardinality.OneToOne:
            return left | frozenset(how.group_labels if how and how.group_labels else ())
        return frozenset(on.labels) if on.type == parser.LabelModifierType.Include else left - set(on.labels)
