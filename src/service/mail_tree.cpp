#include "service/mail_tree.hpp"

#include <grp.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "service/messages.hpp"

namespace postrider::service {

namespace {

namespace fs = std::filesystem;

bool is_below(const std::string& path, const std::string& root) {
    return path == root || root == "/" || path.starts_with(root + "/");
}

std::string normal(const std::string& maildir) {
    std::string path = fs::path(maildir).lexically_normal().string();
    if (path.size() > 1 && path.ends_with('/')) {
        path.pop_back();
    }
    return path;
}

bool belongs_to(const fs::path& folder, uid_t uid) {
    struct stat status {};
    return ::stat(folder.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == uid;
}

/// "" where the account's home stands alone.
std::string shared_tree(const auth::Account& account, const std::string& maildir) {
    fs::path highest;
    fs::path home = fs::path(account.home).lexically_normal();
    if (home.filename().empty()) {
        home = home.parent_path();  // "/srv/ann/"
    }
    for (fs::path folder = home.parent_path(); belongs_to(folder, account.uid); folder = folder.parent_path()) {
        highest = folder;
        if (folder == folder.parent_path()) {
            break;
        }
    }
    return !highest.empty() && is_below(maildir, highest.string()) ? highest.string() : std::string();
}

std::string root_of(const auth::Account& account, const std::string& maildir, const RoleSettings& settings) {
    for (const std::string& root : settings.mail_roots) {
        if (is_below(maildir, root)) {
            return root;
        }
    }
    const std::string tree =
        settings.workers == WorkerShare::uid && !account.home.empty() ? shared_tree(account, maildir) : std::string();
    return tree.empty() ? maildir : tree;
}

/// None for accounts that the system's database does not know.
std::vector<std::uint32_t> groups_of(const auth::Account& account) {
    constexpr int most = 65536;  // as many as a process can have
    std::vector<gid_t> groups;
    if (!account.system_user.empty()) {
        groups.resize(64);
        int count = static_cast<int>(groups.size());
        while (::getgrouplist(account.system_user.c_str(), account.gid, groups.data(), &count) < 0 && count <= most) {
            groups.resize(std::max(static_cast<std::size_t>(count), 2 * groups.size()));
            count = static_cast<int>(groups.size());
        }
        groups.resize(static_cast<std::size_t>(std::min(count, most)));
        std::erase_if(groups, [&account](gid_t group) { return group == account.gid || group == 0; });
        std::ranges::sort(groups);
    }
    return {groups.begin(), groups.end()};
}

}  // namespace

Result<MailTree> mail_tree_of(const auth::Account& account, const std::string& maildir, const RoleSettings& settings) {
    const std::string path = normal(maildir);
    if (!path.starts_with('/')) {
        return Error(Code::no_such_mailbox, account.address + ": the Maildir \"" + maildir + "\" is no absolute path");
    }
    MailTree tree;
    tree.root = root_of(account, path, settings);
    struct stat status {};
    tree.there = ::stat(tree.root.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
    tree.device = tree.there ? status.st_dev : 0;
    tree.inode = tree.there ? status.st_ino : 0;
    tree.groups = groups_of(account);
    return tree;
}

Result<void> may_become(const auth::Account& account, const RoleSettings& settings) {
    const std::string who =
        account.address + ": uid and gid are " + std::to_string(account.uid) + ":" + std::to_string(account.gid);
    if (account.uid == 0 || account.gid == 0) {
        return Error(Code::not_permitted, who + ", and nobody's mail is served as root");
    }
    for (const std::string* field :
         {&account.address, &account.home, &account.full_name, &account.options, &account.system_user}) {
        if (field->size() > account_text_bytes) {
            return Error(Code::limit,
                         who + ", and a field is longer than " + std::to_string(account_text_bytes) + " bytes");
        }
    }
    if (account.maildir.value_or("").size() + account.quota.value_or("").size() > account_text_bytes) {
        return Error(Code::limit, who + ", and its Maildir or quota is longer than can be");
    }
    if (account.uid < settings.lowest_uid) {
        return Error(Code::not_permitted, who + ", and LOWEST_UID is " + std::to_string(settings.lowest_uid));
    }
    return {};
}

}  // namespace postrider::service
