// Boost.JSON, compiled here for the whole program; it has no library to link with.
#include <boost/json/src.hpp>
