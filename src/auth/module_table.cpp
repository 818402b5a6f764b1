#include "auth/module_table.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "auth/daemon_module.hpp"
#include "auth/ldap.hpp"
#include "auth/pam.hpp"
#include "auth/pipe.hpp"
#include "auth/system_users.hpp"
#include "auth/userdb_module.hpp"
#include "auth/vpopmail.hpp"

namespace postrider::auth {

namespace {

using Made = std::unique_ptr<Module>;

Made make_program(const ModuleMaterial& material, std::string_view name, std::string_view program) {
    PipeSettings settings;
    settings.name = name;
    settings.program = material.settings.folder + "/" + std::string(program);
    settings.processes = material.settings.children;
    return std::make_unique<Pipe>(asio::make_strand(material.threads.programs), material.threads.look_ups,
                                  std::move(settings));
}

Made make_pam(const ModuleMaterial& material) {
    PamSettings settings;
    settings.children = static_cast<unsigned>(material.settings.children);
    return make_pam_module(material.threads.look_ups, settings);
}

struct ModuleRow {
    std::string_view name;
    Made (*make)(const ModuleMaterial& material);
};

constexpr ModuleRow table[] = {
    {"authuserdb",
     [](const ModuleMaterial& m) { return make_authuserdb(m.settings.userdb, m.threads.look_ups, m.checker); }},
    {"authpam", make_pam},
    {"authpwd", [](const ModuleMaterial& m) { return make_authpwd(m.threads.look_ups, m.checker); }},
    {"authshadow", [](const ModuleMaterial& m) { return make_authshadow(m.threads.look_ups, m.checker); }},
    {"authldap", [](const ModuleMaterial& m) { return make_ldap_module(m.settings.ldap, m.checker); }},
    {"authvchkpw",
     [](const ModuleMaterial& m) { return make_authvchkpw(vpopmail_paths(), m.threads.look_ups, m.checker); }},
    {"authpipe", [](const ModuleMaterial& m) { return make_program(m, "authpipe", authpipe_program); }},
    {"authcustom", [](const ModuleMaterial& m) { return make_program(m, "authcustom", authcustom_program); }},
    {"authdaemon",
     [](const ModuleMaterial& m) -> Made {
         return std::make_unique<DaemonModule>(m.threads.look_ups, daemon::Client(m.settings.daemon));
     }},
};

}  // namespace

std::vector<std::string_view> module_names() {
    std::vector<std::string_view> names;
    std::ranges::transform(table, std::back_inserter(names), &ModuleRow::name);
    return names;
}

Chain::Modules make_modules(const ModuleMaterial& material) {
    Chain::Modules modules;
    for (const std::string& name : material.settings.modules) {
        const auto* const row = std::ranges::find(table, name, &ModuleRow::name);
        if (row == std::end(table)) {
            throw std::invalid_argument("there is no module " + name);
        }
        modules.push_back(row->make(material));
    }
    return modules;
}

}  // namespace postrider::auth
