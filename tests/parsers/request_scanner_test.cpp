#include "parsers/request_scanner.hpp"

#include <doctest/doctest.h>
