// What is made from the table: samples, manual, show; and that the files in the tree are what the table says.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "config/config.hpp"
#include "config/folder.hpp"
#include "config/value.hpp"
#include "support/catch.hpp"

using namespace postrider;
using namespace postrider::config;

namespace {

constexpr const char* files[] = {"imapd", "imapd-ssl", "pop3d", "pop3d-ssl", "authdaemonrc", "postrider"};

std::string text_of(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::filesystem::path tree() {
    return std::filesystem::path(POSTRIDER_TEST_DATA).parent_path();
}

}  // namespace

TEST_CASE("the table is complete and its limits can be read") {
    std::set<std::pair<std::string_view, std::string_view>> seen;
    for (const Setting& setting : settings_table()) {
        CAPTURE(setting.name);
        CHECK(seen.emplace(setting.name, setting.file).second);
        CHECK(std::ranges::find(files, setting.file) != std::end(files));
        CHECK(setting.sentence.ends_with('.'));
        CHECK_FALSE(setting.limits.empty());
        if (setting.type == Type::number || setting.type == Type::seconds) {
            CHECK(limits_of(setting).least < limits_of(setting).most);
        }
    }
}

TEST_CASE("sample files in the tree are the table's") {
    for (const char* file : files) {
        CAPTURE(file);
        CHECK(text_of(tree() / "config" / file) == sample_file(file));
    }
    CHECK(sample_file("nosuch").empty());
}

TEST_CASE("sample files set nothing but the defaults") {
    const Folder folder;
    const auto empty = load(folder.path());
    for (const char* file : files) {
        folder.write(file, sample_file(file));
    }
    auto sample = load(folder.path());
    CHECK(sample.notes.empty());
    for (const Winner& winner : sample.in_force) {
        CAPTURE(winner.setting->file, winner.setting->name);
        // MAXDAEMONS and MAXPERIP of the TLS files have none of their own: what the other file says holds for both.
        CHECK((winner.setting->standard.empty() || winner.setting->standard == winner.assignment.value));
    }
    CHECK(sample.settings.listeners == empty.settings.listeners);
}

TEST_CASE("sections of sample files are those of Courier's tool") {
    CHECK(sample_file("imapd").starts_with("##VERSION: "));
    for (const char* section : {"PORT:1", "KEYWORDS_CAPABILITY:0", "ID_FIELDS:0"}) {
        CHECK(sample_file("imapd").find("\n##NAME: " + std::string(section) + "\n") != std::string::npos);
    }
    CHECK(sample_file("imapd-ssl").find("\n##NAME: IMAP_TLS_REQUIRED:1\n") != std::string::npos);
    for (const char* section : {"PORT:1", "MAXPERIP:4", "POP3AUTH:1", "POP3AUTH_TLS:1"}) {
        CHECK(sample_file("pop3d").find("\n##NAME: " + std::string(section) + "\n") != std::string::npos);
    }
    CHECK(sample_file("pop3d-ssl").find("\n##NAME: POP3_TLS_REQUIRED:1\n") != std::string::npos);
    CHECK(sample_file("authdaemonrc").find("\n##NAME: authmodulelist:3\n") != std::string::npos);
}

TEST_CASE("the manual page holds the table") {
    const std::string page = text_of(tree() / "docs/man/postrider.5");
    for (const char* file : files) {
        CAPTURE(file);
        CHECK_FALSE(manual_section(file).empty());
        CHECK(page.find(manual_section(file)) != std::string::npos);
    }
    CHECK(manual_section("nosuch").empty());
}

TEST_CASE("show tells value and place") {
    const Folder folder;
    folder.write("imapd", "\nPORT=1143\nDEFDOMAIN=\"@a b\"\nMAXDAEMONS=7\n");
    const auto loaded = load(folder.path());
    const std::string text = show(loaded, false, false);
    CHECK(text.find("\nPORT=1143                               # " + folder.at("imapd:2") + '\n') != std::string::npos);
    CHECK(text.find("\nDEFDOMAIN='@a b'") != std::string::npos);
    CHECK(text.find("\nMAXPERIP=100                            # default\n") != std::string::npos);
    CHECK(text.find("\n#DOMAINSEP=") != std::string::npos);
    const auto first = text.find("\nMAXDAEMONS=7 ");
    CHECK(first != std::string::npos);
    CHECK(text.find("\nMAXDAEMONS=7 ", first + 1) != std::string::npos);
    CHECK(show(loaded, true, false).find("; default 143\nPORT=1143") != std::string::npos);
    CHECK(text.find("\nPORT=110                                # default\n") != std::string::npos);
    CHECK(text.find("\nMAXDAEMONS=10000                        # default\n") > text.find("## pop3d\n"));
}

TEST_CASE("what show prints reads back as the same settings") {
    const Folder folder;
    folder.write("imapd", "PORT=1143\nDEFDOMAIN=\"@it's \\$x\"\n");
    const std::string text = show(load(folder.path()), true, false);
    const auto parsed = parse_shell_assignments(text, "shown", {});
    REQUIRE(parsed.has_value());
    const auto found = std::ranges::find(*parsed, "DEFDOMAIN", &Assignment::name);
    REQUIRE(found != parsed->end());
    CHECK(found->value == "@it's $x");
}

TEST_CASE("show in JSON") {
    const Folder folder;
    folder.write("imapd", "DEFDOMAIN='@\"\\\xFF'\nDOMAINSEP='\xC3\xA9'\n");
    const std::string text = show(load(folder.path()), false, true);
    CHECK(text.starts_with(
        "[\n{\"name\":\"ADDRESS\",\"file\":\"imapd\",\"value\":\"0\",\"set_at\":null,\"default\":\"0\","));
    CHECK(text.ends_with("}\n]\n"));
    CHECK(text.find("\"value\":\"@\\\"\\\\\\u00ff\",\"set_at\":\"" + folder.at("imapd:1") + '"') != std::string::npos);
    CHECK(text.find("\"value\":\"\xC3\xA9\"") != std::string::npos);
    CHECK(text.find("\"name\":\"HOSTNAME\",\"file\":\"imapd\",\"value\":null") != std::string::npos);
    CHECK(std::ranges::count(text, '\n') == static_cast<std::ptrdiff_t>(settings_table().size()) + 2);
}
