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

constexpr Uid block{257};
constexpr std::chrono::sys_seconds saved{std::chrono::seconds(1'600'000'000)};

std::vector<StateFacts> states() {
    return {{Uid(257), ModSeq(5), {}, {}},
            {Uid(258), ModSeq(5), Flag::seen | Flag::draft, {"$Forwarded", "ä"}},
            {Uid(400), ModSeq(4), Flag::seen | Flag::draft | Flag::flagged | Flag::deleted | Flag::answered, {}},
            {Uid(512), most_mod_seq, {}, {""}}};
}

FolderFacts folder_facts() {
    return {most_mod_seq, Uid(0xFFFF'FFFF), 5000, saved};
}

TEST_CASE("facts come back as they were") {
    const auto header = encoded(folder, uid, name, header_facts());
    CHECK(header_in(header, folder, uid, name) == header_facts());
    const auto empty = encoded(folder, uid, name, HeaderFacts{});
    CHECK(header_in(empty, folder, uid, name) == HeaderFacts{});
    const auto structure = encoded(folder, uid, name, structure_facts());
    CHECK(structure_in(structure, folder, uid, name) == structure_facts());
    CHECK(states_in(encoded(folder, block, states()), folder, block) == states());
    CHECK(states_in(encoded(folder, block, {}), folder, block) == std::vector<StateFacts>());
    CHECK(folder_facts_in(encoded(folder, folder_facts()), folder) == folder_facts());
    CHECK(saved_in(encoded(folder, uid, name, saved), folder, uid, name) == saved);
}

TEST_CASE("a record of another message, folder, UIDVALIDITY, name or kind is none") {
    const auto header = encoded(folder, uid, name, header_facts());
    CHECK_FALSE(header_in(header, folder, Uid(13), name));
    CHECK_FALSE(header_in(header, folder, uid, name + 1));
    CHECK_FALSE(header_in(header, {folder.inode + 1, folder.uid_validity}, uid, name));
    CHECK_FALSE(header_in(header, {folder.inode, UidValidity(1001)}, uid, name));
    CHECK_FALSE(structure_in(header, folder, uid, name));
    const auto state = encoded(folder, block, states());
    CHECK_FALSE(states_in(state, folder, Uid(1)));
    CHECK_FALSE(states_in(state, {folder.inode, UidValidity(1001)}, block));
    const auto whole = encoded(folder, folder_facts());
    CHECK_FALSE(folder_facts_in(whole, {folder.inode + 1, folder.uid_validity}));
    CHECK_FALSE(folder_facts_in(state, folder));
    const auto date = encoded(folder, uid, name, saved);
    CHECK_FALSE(saved_in(date, folder, uid, name + 1));
    CHECK_FALSE(saved_in(date, folder, Uid(13), name));
}

TEST_CASE("MODSEQs that leave no room to rise, or are none, are not believed") {
    for (const auto wrong : {ModSeq(), most_mod_seq.next(), ModSeq(~0ull)}) {
        FolderFacts facts = folder_facts();
        facts.highest = wrong;
        CHECK_FALSE(folder_facts_in(encoded(folder, facts), folder));
        auto some = states();
        some[2].mod_seq = wrong;
        CHECK_FALSE(states_in(encoded(folder, block, some), folder, block));
        some = {{Uid(257), wrong, {}, {}}};
        CHECK_FALSE(states_in(encoded(folder, block, some), folder, block));
    }
}

TEST_CASE("states that do not ascend are not believed") {
    auto some = states();
    std::swap(some[1].uid, some[2].uid);
    CHECK_FALSE(states_in(encoded(folder, block, some), folder, block));
    some[2].uid = some[1].uid;
    CHECK_FALSE(states_in(encoded(folder, block, some), folder, block));
}

TEST_CASE("blocks begin at 1, and each has as many UIDs as a byte counts") {
    CHECK(block_of(Uid(1)) == Uid(1));
    CHECK(block_of(Uid(256)) == Uid(1));
    CHECK(block_of(Uid(257)) == block);
    CHECK(block_of(Uid(512)) == block);
    CHECK(block_of(Uid(0xFFFF'FFFF)) == Uid(0xFFFF'FF01));
}

TEST_CASE("a record that was changed anywhere, or cut anywhere, is none") {
    for (const std::string& record :
         {encoded(folder, uid, name, header_facts()), encoded(folder, uid, name, structure_facts()),
          encoded(folder, block, states()), encoded(folder, folder_facts()), encoded(folder, uid, name, saved)}) {
        const auto is_good = [](std::string_view bytes) {
            return header_in(bytes, folder, uid, name) || structure_in(bytes, folder, uid, name) ||
                   states_in(bytes, folder, block) || folder_facts_in(bytes, folder) ||
                   saved_in(bytes, folder, uid, name);
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
