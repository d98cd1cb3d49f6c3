#include "parsers/sse_decoder.hpp"

#include <doctest/doctest.h>
