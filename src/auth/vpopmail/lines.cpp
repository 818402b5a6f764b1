#include "auth/vpopmail/lines.hpp"

#include <algorithm>
#include <vector>

#include "auth/account_id.hpp"
#include "auth/fields.hpp"
#include "core/text.hpp"

namespace postrider::auth {

namespace {

constexpr std::size_t domain_fields = 6;  // the further ones are empty
constexpr std::size_t user_fields = 7;
constexpr std::size_t clear_field = 7;

std::vector<std::string_view> split(std::string_view line) {
    std::vector<std::string_view> fields;
    for (std::size_t begin = 0; begin <= line.size();) {
        const std::size_t end = std::min(line.find(':', begin), line.size());
        fields.push_back(line.substr(begin, end - begin));
        begin = end + 1;
    }
    return fields;
}

bool has_control(std::string_view line) {
    return std::ranges::any_of(line, is_control);
}

std::optional<VpopmailDomain> domain_of(std::string_view line) {
    const auto fields = split(line);
    if (fields.size() < domain_fields || has_control(line) || !fields[0].starts_with('+') ||
        !fields[0].ends_with('-') || !fields[4].starts_with('/')) {
        return std::nullopt;
    }
    VpopmailDomain domain;
    domain.name = fields[0].substr(1, std::max<std::size_t>(fields[0].size(), 2) - 2);
    domain.real_name = fields[1];
    domain.uid = account_id<uid_t>(fields[2]).value_or(0);
    domain.gid = account_id<gid_t>(fields[3]).value_or(0);
    domain.folder = fields[4];
    if (!is_vpopmail_name(domain.name) || !is_vpopmail_name(domain.real_name)) {
        return std::nullopt;
    }
    return domain;
}

/// A password in clear that has a ":" of its own cannot be told from further fields: it is not used.
std::optional<VpopmailUser> user_of(std::string_view line) {
    const auto fields = split(line);
    const auto flags = fields.size() < user_fields ? std::nullopt : parse_decimal<std::uint32_t>(fields[3]);
    if (!flags || has_control(line) || !is_vpopmail_name(fields[0]) || !fields[5].starts_with('/')) {
        return std::nullopt;
    }
    VpopmailUser user;
    user.name = fields[0];
    user.crypt = Secret(std::string(fields[1]));
    user.flags = *flags;
    user.full_name = fields[4].substr(0, fields[4].find(','));
    user.home = fields[5];
    if (!fields[6].empty() && fields[6] != "NOQUOTA") {
        user.quota = fields[6];
    }
    if (fields.size() == clear_field + 1) {
        user.clear = Secret(std::string(fields[clear_field]));
    }
    return user;
}

template <class Visit>
void each_assign_line(std::string_view assign, Visit visit) {
    each_item(assign, '\n', [&visit](std::string_view line) { return !line.starts_with('.') && visit(line); });
}

}  // namespace

bool is_vpopmail_name(std::string_view name) {
    const auto is_wrong = [](char c) { return is_control(c) || c != to_lower(c) || c == '/' || c == ':' || c == '@'; };
    return !name.empty() && name.front() != '.' && name.front() != '#' && std::ranges::none_of(name, is_wrong);
}

std::optional<VpopmailDomain> find_domain(std::string_view assign, std::string_view name) {
    const std::string begin = "+" + std::string(name) + "-:";
    std::optional<VpopmailDomain> found;
    each_assign_line(assign, [&](std::string_view line) {
        const bool is_it = line.starts_with(begin);
        if (is_it) {
            found = domain_of(line);
        }
        return !is_it;
    });
    return found;
}

std::optional<VpopmailUser> find_user(std::string_view vpasswd, std::string_view name) {
    const std::string begin = std::string(name) + ":";
    std::optional<VpopmailUser> found;
    each_item(vpasswd, '\n', [&](std::string_view line) {
        const bool is_it = line.starts_with(begin);
        if (is_it) {
            found = user_of(line);
        }
        return !is_it;
    });
    return found;
}

void each_domain(std::string_view assign, const std::function<void(const VpopmailDomain& domain)>& take) {
    each_assign_line(assign, [&](std::string_view line) {
        if (const auto domain = domain_of(line)) {
            take(*domain);
        }
        return true;
    });
}

void each_user(std::string_view vpasswd, const std::function<void(const VpopmailUser& user)>& take) {
    each_item(vpasswd, '\n', [&](std::string_view line) {
        if (const auto user = user_of(line)) {
            take(*user);
        }
        return true;
    });
}

}  // namespace postrider::auth
