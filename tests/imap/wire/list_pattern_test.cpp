// RFC 3501 section 6.3.8; compat/imap.md section 4.
#include "imap/wire/list_pattern.hpp"

#include <functional>
#include <vector>

#include "support/catch.hpp"

using namespace postrider::imap::wire;

namespace {

/// The definition, by trying everything.
bool fits(std::string_view pattern, std::string_view name) {
    if (pattern.empty()) {
        return name.empty();
    }
    if (pattern.front() == '*' || pattern.front() == '%') {
        return fits(pattern.substr(1), name) ||
               (!name.empty() && (pattern.front() == '*' || name.front() != '.') && fits(pattern, name.substr(1)));
    }
    return !name.empty() && pattern.front() == name.front() && fits(pattern.substr(1), name.substr(1));
}

void each_word(std::string_view letters, std::size_t most, const std::function<void(const std::string&)>& visit) {
    std::vector<std::string> words = {""};
    for (std::size_t i = 0; i < words.size(); ++i) {
        const auto word = words[i];
        visit(word);
        if (word.size() < most) {
            for (const char c : letters) {
                words.push_back(word + c);
            }
        }
    }
}

}  // namespace

TEST_CASE("patterns that fit") {
    const std::vector<std::pair<std::string_view, std::string_view>> rows = {
        {"*", "INBOX"},
        {"*", "INBOX.a.b"},
        {"*", ""},
        {"%", "INBOX"},
        {"INBOX.%", "INBOX.a"},
        {"INBOX.*", "INBOX.a.b"},
        {"inbox", "INBOX"},
        {"InBoX.a", "INBOX.a"},
        {"inb%", "INBOX"},
        {"%x.a", "INBOX.a"},
        {"*.b", "INBOX.a.b"},
        {"INBOX.%.b", "INBOX.a.b"},
        {"%.%.%", "INBOX.a.b"},
        {"*%", "INBOX.a"},
        {"%*", "INBOX.a"},
        {"**", "a.b"},
        {"%%", "ab"},
        {"INBOX.é%", "INBOX.été"},
        {"", ""},
        {"a*b*c", "a.bb.b.c"},
    };
    for (const auto& [pattern, name] : rows) {
        INFO(pattern << " " << name);
        CHECK(matches_pattern(pattern, name));
    }
}

TEST_CASE("patterns that do not fit") {
    const std::vector<std::pair<std::string_view, std::string_view>> rows = {
        {"%", "INBOX.a"},       {"INBOX.%", "INBOX"},   {"INBOX.%", "INBOX.a.b"},
        {"INBOX.A", "INBOX.a"}, {"inboxes", "Inboxes"}, {"", "INBOX"},
        {"INBOX", ""},          {"x.inbox", "x.INBOX"}, {"INBOX.inbox", "INBOX.INBOX"},
        {"%%", "a.b"},          {"*a", "ab"},           {"INBOX.a.", "INBOX.a"},
    };
    for (const auto& [pattern, name] : rows) {
        INFO(pattern << " " << name);
        CHECK_FALSE(matches_pattern(pattern, name));
    }
}

TEST_CASE("every small pattern against every small name") {
    std::vector<std::string> names;
    each_word("ab.", 5, [&](const std::string& name) { names.push_back(name); });
    std::size_t differences = 0;
    each_word("a.*%", 5, [&](const std::string& pattern) {
        for (const auto& name : names) {
            differences += matches_pattern(pattern, name) != fits(pattern, name) ? 1 : 0;
        }
    });
    CHECK(differences == 0);
}

TEST_CASE("patterns that make a matcher backtrack take no longer") {
    std::string pattern;
    for (int i = 0; i < 2000; ++i) {
        pattern += "*a%";
    }
    const std::string name(2000, 'a');
    CHECK(matches_pattern(pattern, name));
    CHECK_FALSE(matches_pattern(pattern + 'b', name));
    CHECK_FALSE(matches_pattern(std::string(1'000'000, '*') + 'b', name));
}

TEST_CASE("wildcards of a pattern") {
    CHECK(wildcards("") == 0);
    CHECK(wildcards("INBOX.a") == 0);
    CHECK(wildcards("*") == 1);
    CHECK(wildcards("**%*") == 1);
    CHECK(wildcards("*a%.*") == 3);
}

TEST_CASE("reference and pattern joined") {
    CHECK(join_reference("", "*") == "*");
    CHECK(join_reference("INBOX", "*") == "INBOX.*");
    CHECK(join_reference("INBOX.", "%") == "INBOX.%");
    CHECK(join_reference("INBOX..", "%") == "INBOX..%");
    CHECK(join_reference("", "INBOX.") == "INBOX");
    CHECK(join_reference("INBOX", "a.") == "INBOX.a");
    CHECK(join_reference("INBOX.", "") == "INBOX");
    CHECK(join_reference("", "") == "");
}
