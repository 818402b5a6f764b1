#include "store/index/record.hpp"

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstring>
#include <limits>

#include "store/index/hash.hpp"
#include "store/maildir/filename.hpp"

namespace postrider::store {

std::uint64_t name_hash_of(std::string_view file_name) {
    return index::hash_of(maildir::base_of(file_name));
}

}  // namespace postrider::store

namespace postrider::store::index {

namespace {

constexpr std::uint8_t version = 1;  // of every kind: raised when what a record holds, or how it is made, changes
constexpr std::size_t checksum_bytes = 8;

enum HeaderFlags : std::uint8_t { has_sent = 1, reply = 2, other_in_utf8 = 4 };

/// Little-endian numbers; texts behind their lengths.
class Writer {
public:
    Writer(std::uint64_t name_hash, std::size_t texts) {
        bytes_.reserve(128 + texts);
        number(name_hash);
        number(version);
    }

    template <std::unsigned_integral T>
    void number(T value) {
        for (std::size_t i = 0; i < sizeof value; ++i) {
            bytes_ += static_cast<char>(static_cast<unsigned char>(value >> (8 * i)));
        }
    }
    void signed_number(std::int64_t value) { number(static_cast<std::uint64_t>(value)); }
    void text(std::string_view text) {
        number(static_cast<std::uint32_t>(text.size()));
        bytes_ += text;
    }
    const std::string& bytes() const { return bytes_; }

private:
    std::string bytes_;
};

/// Gives what is there; a record that ends too early gives zeros, and is no longer good.
class Reader {
public:
    explicit Reader(std::string_view bytes) : bytes_(bytes) {}

    template <std::unsigned_integral T>
    T number() {
        T value = 0;
        if (bytes_.size() < sizeof value) {
            good_ = false;
            return value;
        }
        std::memcpy(&value, bytes_.data(), sizeof value);
        bytes_.remove_prefix(sizeof value);
        if constexpr (std::endian::native == std::endian::big && sizeof value > 1) {
            std::reverse(reinterpret_cast<char*>(&value), reinterpret_cast<char*>(&value) + sizeof value);
        }
        return value;
    }
    std::int64_t signed_number() { return static_cast<std::int64_t>(number<std::uint64_t>()); }
    std::string_view text() {
        const auto size = number<std::uint32_t>();
        good_ = good_ && size <= bytes_.size();
        const auto text = bytes_.substr(0, good_ ? size : 0);
        bytes_.remove_prefix(text.size());
        return text;
    }
    /// Text that goes into a response as it is. A line end in it would let a forged record speak for the server.
    std::string_view response() {
        const auto line = text();
        good_ = good_ && line.find('\n') == std::string_view::npos && line.find('\r') == std::string_view::npos;
        return line;
    }
    void expect(bool holds) { good_ = good_ && holds; }
    /// Nothing is left, or what is left is not good.
    bool is_at_end() const { return !good_ || bytes_.empty(); }
    bool ended_well() const { return good_ && bytes_.empty(); }

private:
    std::string_view bytes_;
    bool good_ = true;
};

std::uint64_t checksum(std::string_view behind_it, const FolderId& folder, RecordKind kind, Uid uid) {
    const std::uint64_t place = std::uint64_t{folder.uid_validity.value()} << 32 | uid.value();
    char what[17];
    std::memcpy(what, &folder.inode, 8);
    std::memcpy(what + 8, &place, 8);
    what[16] = static_cast<char>(kind);
    return hash_of(behind_it, hash_of({what, sizeof what}));
}

/// What stands behind checksum and version, and the name's hash. None: the record is not good.
struct Opened {
    std::uint64_t name_hash = 0;
    Reader facts;
};
std::optional<Opened> opened(std::string_view record, const FolderId& folder, RecordKind kind, Uid uid) {
    Reader in(record);
    const auto sum = in.number<std::uint64_t>();
    const auto name_hash = in.number<std::uint64_t>();
    if (in.number<std::uint8_t>() != version || sum != checksum(record.substr(checksum_bytes), folder, kind, uid)) {
        return std::nullopt;
    }
    return Opened{name_hash, in};
}

std::chrono::sys_seconds seconds(std::int64_t count) {
    return std::chrono::sys_seconds(std::chrono::seconds(count));
}

void write_sent(Writer& out, const std::optional<mime::DateTime>& sent) {
    out.signed_number(sent ? sent->time.time_since_epoch().count() : 0);
    out.signed_number(sent ? sent->zone.count() : 0);
}

std::optional<mime::DateTime> read_sent(Reader& in, bool is_there) {
    const auto time = seconds(in.signed_number());
    const auto zone = in.signed_number();
    in.expect(zone >= std::numeric_limits<std::int16_t>::min() && zone <= std::numeric_limits<std::int16_t>::max());
    return is_there ? std::optional(mime::DateTime{time, std::chrono::minutes(zone)}) : std::nullopt;
}

}  // namespace

std::string key_of(std::uint64_t inode, RecordKind kind, Uid uid) {
    std::string key;
    key.reserve(key_bytes);
    for (int shift = 56; shift >= 0; shift -= 8) {
        key += static_cast<char>(static_cast<unsigned char>(inode >> shift));
    }
    key += static_cast<char>(kind);
    for (int shift = 24; shift >= 0; shift -= 8) {
        key += static_cast<char>(static_cast<unsigned char>(uid.value() >> shift));
    }
    return key;
}

std::optional<Uid> uid_in(std::string_view key) {
    if (key.size() != key_bytes) {
        return std::nullopt;
    }
    std::uint32_t uid = 0;
    for (const char c : key.substr(key_bytes - 4)) {
        uid = uid << 8 | static_cast<unsigned char>(c);
    }
    return Uid(uid);
}

std::string sealed(std::string_view rest, const FolderId& folder, RecordKind kind, Uid uid) {
    const auto sum = checksum(rest, folder, kind, uid);
    std::string record;
    record.reserve(checksum_bytes + rest.size());
    for (std::size_t i = 0; i < checksum_bytes; ++i) {
        record += static_cast<char>(static_cast<unsigned char>(sum >> (8 * i)));
    }
    record += rest;
    return record;
}

std::string encoded(const FolderId& folder, Uid uid, std::uint64_t name_hash, const HeaderFacts& facts) {
    Writer out(name_hash, facts.envelope.size() + 1024);
    out.number(static_cast<std::uint8_t>((facts.sent ? has_sent : 0) | (facts.is_reply ? reply : 0) |
                                         (facts.utf8_differs ? other_in_utf8 : 0)));
    out.signed_number(facts.internal_date.time_since_epoch().count());
    out.number(facts.file_size);
    out.number(facts.header_size);
    write_sent(out, facts.sent);
    out.text(facts.envelope);
    for (const std::string_view field : facts.fields) {
        out.text(field);
    }
    for (const std::string_view text : {facts.base_subject, facts.from_mailbox, facts.to_mailbox, facts.cc_mailbox,
                                        facts.message_id, facts.references}) {
        out.text(text);
    }
    return sealed(out.bytes(), folder, RecordKind::header, uid);
}

std::optional<HeaderFacts> header_in(std::string_view record, const FolderId& folder, Uid uid,
                                     std::uint64_t name_hash) {
    auto from = opened(record, folder, RecordKind::header, uid);
    if (!from || from->name_hash != name_hash) {
        return std::nullopt;
    }
    Reader& in = from->facts;
    HeaderFacts facts;
    const auto flags = in.number<std::uint8_t>();
    facts.is_reply = (flags & reply) != 0;
    facts.utf8_differs = (flags & other_in_utf8) != 0;
    facts.internal_date = seconds(in.signed_number());
    facts.file_size = in.number<std::uint64_t>();
    facts.header_size = in.number<std::uint64_t>();
    facts.sent = read_sent(in, (flags & has_sent) != 0);
    facts.envelope = in.response();
    for (std::string_view& field : facts.fields) {
        field = in.text();
    }
    for (auto* text : {&facts.base_subject, &facts.from_mailbox, &facts.to_mailbox, &facts.cc_mailbox,
                       &facts.message_id, &facts.references}) {
        *text = in.text();
    }
    return in.ended_well() ? std::optional(facts) : std::nullopt;
}

std::string encoded(const FolderId& folder, Uid uid, std::uint64_t name_hash, const StructureFacts& facts) {
    Writer out(name_hash, facts.body.size() + facts.body_structure.size());
    out.number(static_cast<std::uint8_t>(facts.utf8_differs ? other_in_utf8 : 0));
    out.number(facts.wire_size);
    out.number(facts.content_id[0]);
    out.number(facts.content_id[1]);
    out.text(facts.body);
    out.text(facts.body_structure);
    return sealed(out.bytes(), folder, RecordKind::structure, uid);
}

std::optional<StructureFacts> structure_in(std::string_view record, const FolderId& folder, Uid uid,
                                           std::uint64_t name_hash) {
    auto from = opened(record, folder, RecordKind::structure, uid);
    if (!from || from->name_hash != name_hash) {
        return std::nullopt;
    }
    Reader& in = from->facts;
    StructureFacts facts;
    facts.utf8_differs = (in.number<std::uint8_t>() & other_in_utf8) != 0;
    facts.wire_size = in.number<std::uint64_t>();
    facts.content_id[0] = in.number<std::uint64_t>();
    facts.content_id[1] = in.number<std::uint64_t>();
    facts.body = in.response();
    facts.body_structure = in.response();
    return in.ended_well() ? std::optional(facts) : std::nullopt;
}

std::string encoded(const FolderId& folder, Uid uid, std::uint64_t name_hash, std::chrono::sys_seconds saved) {
    Writer out(name_hash, 0);
    out.signed_number(saved.time_since_epoch().count());
    return sealed(out.bytes(), folder, RecordKind::saved, uid);
}

std::optional<std::chrono::sys_seconds> saved_in(std::string_view record, const FolderId& folder, Uid uid,
                                                 std::uint64_t name_hash) {
    auto from = opened(record, folder, RecordKind::saved, uid);
    if (!from || from->name_hash != name_hash) {
        return std::nullopt;
    }
    const auto saved = seconds(from->facts.signed_number());
    return from->facts.ended_well() ? std::optional(saved) : std::nullopt;
}

// --- States ----------------------------------------------------------------------------------------------------------

namespace {

/// Beside a message's flags, in the bits that those leave free.
enum StateBits : std::uint8_t { flag_bits = 0x1F, same_mod_seq = 0x20, with_keywords = 0x40 };

ModSeq read_mod_seq(Reader& in) {
    const ModSeq mod_seq(in.number<std::uint64_t>());
    in.expect(mod_seq > ModSeq() && mod_seq <= most_mod_seq);
    return mod_seq;
}

Flags flags_in(std::uint8_t bits) {
    Flags flags;
    for (const Flag flag : {Flag::draft, Flag::flagged, Flag::answered, Flag::seen, Flag::deleted}) {
        if ((bits & Flags(flag).bits()) != 0) {
            flags = flags | flag;
        }
    }
    return flags;
}

void write_state(Writer& out, const StateFacts& state, Uid block, ModSeq before) {
    const bool same = state.mod_seq == before;
    out.number(static_cast<std::uint8_t>(state.uid.value() - block.value()));
    out.number(static_cast<std::uint8_t>(state.flags.bits() | (same ? same_mod_seq : 0) |
                                         (state.keywords.empty() ? 0 : with_keywords)));
    if (!same) {
        out.number(state.mod_seq.value());
    }
    if (!state.keywords.empty()) {
        out.number(static_cast<std::uint32_t>(state.keywords.size()));
        for (const std::string& keyword : state.keywords) {
            out.text(keyword);
        }
    }
}

StateFacts read_state(Reader& in, Uid block, ModSeq before) {
    StateFacts state;
    state.uid = Uid(block.value() + in.number<std::uint8_t>());
    in.expect(state.uid >= block);
    const auto bits = in.number<std::uint8_t>();
    state.flags = flags_in(bits & flag_bits);
    state.mod_seq = (bits & same_mod_seq) != 0 ? before : read_mod_seq(in);
    in.expect(state.mod_seq > ModSeq());
    if ((bits & with_keywords) != 0) {
        const auto keywords = in.number<std::uint32_t>();
        for (std::uint32_t i = 0; i < keywords && !in.is_at_end(); ++i) {
            state.keywords.emplace_back(in.text());
        }
        in.expect(keywords > 0 && state.keywords.size() == keywords);
    }
    return state;
}

}  // namespace

std::string encoded(const FolderId& folder, const FolderFacts& facts) {
    Writer out(0, 0);
    out.number(facts.highest.value());
    out.number(facts.uid_next.value());
    out.number(facts.messages);
    out.signed_number(facts.boot.time_since_epoch().count());
    return sealed(out.bytes(), folder, RecordKind::state, folder_itself);
}

std::optional<FolderFacts> folder_facts_in(std::string_view record, const FolderId& folder) {
    auto from = opened(record, folder, RecordKind::state, folder_itself);
    if (!from) {
        return std::nullopt;
    }
    Reader& in = from->facts;
    FolderFacts facts;
    facts.highest = read_mod_seq(in);
    facts.uid_next = Uid(in.number<Uid::rep>());
    facts.messages = in.number<std::uint64_t>();
    facts.boot = seconds(in.signed_number());
    return in.ended_well() ? std::optional(facts) : std::nullopt;
}

std::string encoded(const FolderId& folder, Uid block, const std::vector<StateFacts>& states) {
    Writer out(0, 4 * states.size());
    ModSeq before;
    for (const StateFacts& state : states) {
        write_state(out, state, block, before);
        before = state.mod_seq;
    }
    return sealed(out.bytes(), folder, RecordKind::state, block);
}

std::optional<std::vector<StateFacts>> states_in(std::string_view record, const FolderId& folder, Uid block) {
    auto from = opened(record, folder, RecordKind::state, block);
    if (!from) {
        return std::nullopt;
    }
    Reader& in = from->facts;
    std::vector<StateFacts> states;
    ModSeq before;
    while (!in.is_at_end()) {
        states.push_back(read_state(in, block, before));
        in.expect(states.size() == 1 || states[states.size() - 2].uid < states.back().uid);
        before = states.back().mod_seq;
    }
    return in.ended_well() ? std::optional(std::move(states)) : std::nullopt;
}

std::string file_record(std::uint64_t maildir_inode) {
    Writer out(0, 0);
    out.number(maildir_inode);
    return sealed(out.bytes(), {maildir_inode, UidValidity()}, RecordKind::file, Uid());
}

}  // namespace postrider::store::index
