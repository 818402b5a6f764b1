// The index's file: readers come to an end in any bytes, and the check before LMDB too. Bytes are spread over pages, so
// that small inputs reach deep: each 64 bytes are the beginning of a page, the next 64 its end.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/descriptor.hpp"
#include "store/index/file_check.hpp"
#include "store/index/record.hpp"
#include "store/index/tree_reader.hpp"

using namespace postrider;
using namespace postrider::store::index;

namespace {

std::string spread(std::string_view bytes) {
    constexpr std::size_t part = 64;
    std::string file;
    while (!bytes.empty() && file.size() < 64 * PageFile::page_size()) {
        std::string page(PageFile::page_size(), '\0');
        const auto begin = bytes.substr(0, part);
        std::copy(begin.begin(), begin.end(), page.begin());
        bytes.remove_prefix(begin.size());
        const auto end = bytes.substr(0, part);
        std::copy(end.begin(), end.end(), page.end() - static_cast<std::ptrdiff_t>(part));
        bytes.remove_prefix(end.size());
        file += page;
    }
    return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string bytes = spread({reinterpret_cast<const char*>(data), size});
    const Descriptor file(::memfd_create("index", MFD_CLOEXEC));
    if (!file || ::write(file.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
        std::abort();
    }
    (void)check_file(file.get(), std::uint64_t{1} << 24);
    TreeReader reader(file.get());
    for (bool more = reader.seek(""); more; more = reader.next()) {
        (void)reader.value();
    }
    for (std::uint32_t uid = 0; uid < 4; ++uid) {
        (void)reader.find(key_of(7, RecordKind::header, Uid(uid)));
    }
    return 0;
}
