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

std::string encoded(const FolderId& folder, const StateFacts& facts) {
    Writer out(facts.name_hash, 64 * facts.keywords.size());
    out.number(facts.mod_seq.value());
    out.signed_number(facts.saved.time_since_epoch().count());
    out.number(facts.flags.bits());
    out.number(static_cast<std::uint32_t>(facts.keywords.size()));
    for (const std::string& keyword : facts.keywords) {
        out.text(keyword);
    }
    return sealed(out.bytes(), folder, RecordKind::state, facts.uid);
}

std::optional<StateFacts> state_in(std::string_view record, const FolderId& folder, Uid uid) {
    auto from = opened(record, folder, RecordKind::state, uid);
    if (!from) {
        return std::nullopt;
    }
    Reader& in = from->facts;
    StateFacts facts;
    facts.uid = uid;
    facts.name_hash = from->name_hash;
    facts.mod_seq = ModSeq(in.number<std::uint64_t>());
    facts.saved = seconds(in.signed_number());
    const auto bits = in.number<std::uint8_t>();
    for (const Flag flag : {Flag::draft, Flag::flagged, Flag::answered, Flag::seen, Flag::deleted}) {
        if ((bits & Flags(flag).bits()) != 0) {
            facts.flags = facts.flags | flag;
        }
    }
    const auto keywords = in.number<std::uint32_t>();
    in.expect(keywords <= record.size() / sizeof(std::uint32_t));
    for (std::uint32_t i = 0; i < keywords && facts.keywords.size() < record.size(); ++i) {
        facts.keywords.emplace_back(in.text());
    }
    return in.ended_well() ? std::optional(std::move(facts)) : std::nullopt;
}

std::string file_record(std::uint64_t maildir_inode) {
    Writer out(0, 0);
    out.number(maildir_inode);
    return sealed(out.bytes(), {maildir_inode, UidValidity()}, RecordKind::file, Uid());
}

}  // namespace postrider::store::index
