#include "parsers/content_decoder.hpp"

#include <doctest/doctest.h>
