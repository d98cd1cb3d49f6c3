#include "parsers/json_text.hpp"

#include <doctest/doctest.h>
