// Every member of ArgReader on the same bytes: what fails leaves the cursor and points into the text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/text.hpp"
#include "imap/wire/arg_reader.hpp"

using namespace postrider;
using namespace postrider::imap::wire;

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

template <class T>
void check(const ArgReader& start, Parsed<T> (ArgReader::*read)()) {
    ArgReader in = start;
    const auto result = (in.*read)();
    const auto size = in.offset() + in.rest().size();
    require(in.offset() >= start.offset());
    if (!result) {
        require(in.offset() == start.offset());
        require(result.error().offset <= size);
        require(!result.error().reason.empty());
    }
}

void check_all(const ArgReader& in) {
    check(in, &ArgReader::space);
    check(in, &ArgReader::atom);
    check(in, &ArgReader::quoted);
    check(in, &ArgReader::literal);
    check(in, &ArgReader::string);
    check(in, &ArgReader::astring);
    check(in, &ArgReader::nstring);
    check(in, &ArgReader::list_mailbox);
    check(in, &ArgReader::mailbox);
    check(in, &ArgReader::number);
    check(in, &ArgReader::nz_number);
    check(in, &ArgReader::sequence_set);
    check(in, &ArgReader::flag_list);
    check(in, &ArgReader::flags_bare);
    check(in, &ArgReader::date_time);
    check(in, &ArgReader::date);
}

/// The arguments of a command one by one, each token read in every way.
void walk(ArgReader in) {
    for (int tokens = 0; tokens < 16 && !in.done(); ++tokens) {
        check_all(in);
        if (!in.flag_list() && !in.list_mailbox() && !in.take(in.peek())) {
            return;
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    for (const auto names : {Names::utf7, Names::utf8}) {
        check_all(ArgReader(text, names));
        walk(ArgReader(text, names));
        ArgReader in(text, names);
        const auto name = in.mailbox();
        require(!name || (is_utf8(*name) && name->find_first_of(std::string_view("\0\r\n", 3)) == std::string::npos));
    }
    return 0;
}
