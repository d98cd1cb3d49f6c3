# Everything that is not ours, found by name. `./dev setup` installs it.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(ZLIB REQUIRED)
pkg_check_modules(BROTLI REQUIRED IMPORTED_TARGET libbrotlidec libbrotlienc)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
find_package(Boost 1.81 REQUIRED)
find_package(simdjson REQUIRED)
find_package(prometheus-cpp REQUIRED COMPONENTS core)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(doctest REQUIRED)
if(NOT TARGET yaml-cpp::yaml-cpp)
  add_library(yaml-cpp::yaml-cpp ALIAS yaml-cpp)  # the name since 0.8; Debian 12 has 0.7
endif()

# Asio, Beast and Asio's SSL part are compiled once (cmake/asio.cpp); everyone else sees declarations.
add_library(tokenweir_asio STATIC ${PROJECT_SOURCE_DIR}/cmake/asio.cpp)
target_compile_definitions(tokenweir_asio PUBLIC
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
target_link_libraries(tokenweir_asio PUBLIC Boost::headers OpenSSL::SSL Threads::Threads PRIVATE tokenweir_flags)
