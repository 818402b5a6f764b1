// Records: what is encoded comes back, and only for the message that it belongs to.
#include "store/index/record.hpp"

#include <random>

#include "store/index/hash.hpp"
#include "support/catch.hpp"

namespace postrider::store::index {
namespace {

const FolderId folder{4711, UidValidity(1000)};
constexpr Uid uid{12};
constexpr std::uint64_t name = 99;

HeaderFacts header_facts() {
    HeaderFacts facts;
    facts.internal_date = std::chrono::sys_seconds(std::chrono::seconds(-5));
    facts.file_size = 1ull << 40;
    facts.header_size = 321;
    facts.sent =
        mime::DateTime{std::chrono::sys_seconds(std::chrono::seconds(1'700'000'000)), std::chrono::minutes(-90)};
    facts.is_reply = true;
    facts.envelope = R"("date" "subject" NIL)";
    facts.fields = {"\na b", "", "\n", "\nx\ny", "\nsubject", "\ndate", "\n<id>"};
    facts.base_subject = "Subject";
    facts.from_mailbox = "a";
    facts.cc_mailbox = "c";
    facts.message_id = "id@host";
    facts.references = "\none\ntwo";
    return facts;
}

StructureFacts structure_facts() {
    StructureFacts facts;
    facts.wire_size = 123456;
    facts.content_id = {1, ~0ull};
    facts.utf8_differs = true;
    facts.body = "(\"text\" \"plain\" NIL)";
    facts.body_structure = "(\"text\" \"plain\" NIL NIL NIL)";
    return facts;
}

StateFacts state_facts() {
    return {uid, name, ModSeq(1ull << 50), Flag::seen | Flag::draft, {"$Forwarded", "ä"}, std::chrono::sys_seconds()};
}

TEST_CASE("facts come back as they were") {
    const auto header = encoded(folder, uid, name, header_facts());
    CHECK(header_in(header, folder, uid, name) == header_facts());
    const auto empty = encoded(folder, uid, name, HeaderFacts{});
    CHECK(header_in(empty, folder, uid, name) == HeaderFacts{});
    const auto structure = encoded(folder, uid, name, structure_facts());
    CHECK(structure_in(structure, folder, uid, name) == structure_facts());
    const auto state = encoded(folder, state_facts());
    CHECK(state_in(state, folder, uid) == state_facts());
}

TEST_CASE("a record of another message, folder, UIDVALIDITY, name or kind is none") {
    const auto header = encoded(folder, uid, name, header_facts());
    CHECK_FALSE(header_in(header, folder, Uid(13), name));
    CHECK_FALSE(header_in(header, folder, uid, name + 1));
    CHECK_FALSE(header_in(header, {folder.inode + 1, folder.uid_validity}, uid, name));
    CHECK_FALSE(header_in(header, {folder.inode, UidValidity(1001)}, uid, name));
    CHECK_FALSE(structure_in(header, folder, uid, name));
    const auto state = encoded(folder, state_facts());
    CHECK_FALSE(state_in(state, folder, Uid(13)));
    CHECK_FALSE(state_in(state, {folder.inode, UidValidity(1001)}, uid));
}

TEST_CASE("a record that was changed anywhere, or cut anywhere, is none") {
    for (const std::string& record : {encoded(folder, uid, name, header_facts()),
                                      encoded(folder, uid, name, structure_facts()), encoded(folder, state_facts())}) {
        const auto is_good = [](std::string_view bytes) {
            return header_in(bytes, folder, uid, name) || structure_in(bytes, folder, uid, name) ||
                   state_in(bytes, folder, uid);
        };
        REQUIRE(is_good(record));
        for (std::size_t i = 0; i < record.size(); ++i) {
            CHECK_FALSE(is_good(std::string_view(record).substr(0, i)));
            for (int bit = 0; bit < 8; ++bit) {
                std::string changed = record;
                changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
                CHECK_FALSE(is_good(changed));
            }
        }
        CHECK_FALSE(is_good(record + '\0'));
    }
}

TEST_CASE("a forged record cannot begin a line of its own in a response") {
    for (const char* forged : {"NIL)\r\n* BYE", "a\nb", "a\rb"}) {
        HeaderFacts facts = header_facts();
        facts.envelope = forged;
        CHECK_FALSE(header_in(encoded(folder, uid, name, facts), folder, uid, name));
        StructureFacts structure = structure_facts();
        structure.body = forged;
        CHECK_FALSE(structure_in(encoded(folder, uid, name, structure), folder, uid, name));
        structure = structure_facts();
        structure.body_structure = forged;
        CHECK_FALSE(structure_in(encoded(folder, uid, name, structure), folder, uid, name));
    }
}

TEST_CASE("keys stand by folder, then kind, then UID") {
    const auto key = key_of(0x0102030405060708, RecordKind::state, Uid(0xFFFE));
    CHECK(key == std::string("\x01\x02\x03\x04\x05\x06\x07\x08\x03\x00\x00\xFF\xFE", 13));
    CHECK(uid_in(key) == Uid(0xFFFE));
    CHECK_FALSE(uid_in("short"));
    CHECK(key_of(1, RecordKind::state, Uid(9)) < key_of(1, RecordKind::state, Uid(256)));
    CHECK(key_of(1, RecordKind::header, Uid(9)) < key_of(1, RecordKind::structure, Uid(1)));
    CHECK(key_of(1, RecordKind::state, Uid(9)) < key_of(2, RecordKind::header, Uid(1)));
}

TEST_CASE("a name's hash knows nothing of its flags") {
    CHECK(name_hash_of("1.host:2,S") == name_hash_of("1.host:2,"));
    CHECK(name_hash_of("1.host:2,S") == name_hash_of("1.host"));
    CHECK(name_hash_of("1.host:2,S") != name_hash_of("2.host:2,S"));
}

TEST_CASE("the hash is the same for ever: it stands in files") {
    CHECK(hash_of("postrider") == 0x3AE8E783A83B8269);
    CHECK(hash_of(std::string(100, 'x'), 7) == 0x9FEA47E8024A6160);
    std::mt19937_64 chance(1);
    for (std::size_t size = 1; size < 200; ++size) {
        std::string bytes(size, '\0');
        for (char& c : bytes) {
            c = static_cast<char>(chance());
        }
        const auto whole = hash_of(bytes);
        CHECK(hash_of(bytes.substr(1)) != whole);
        CHECK(hash_of(bytes + '\0') != whole);
        bytes[size / 2] = static_cast<char>(bytes[size / 2] + 1);
        CHECK(hash_of(bytes) != whole);
    }
}

}  // namespace
}  // namespace postrider::store::index
