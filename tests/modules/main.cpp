// Asks modules what the lines of standard input say: "NUMBER MODULE VERB ARGUMENT...", by tabs. Each answer is a line
// of its own that begins with the number, in the order in which they come. For tests: see tests/system/modules.py.
// Arguments: LDAPTLS_NAME=VALUE, then modules: authldap=AUTHLDAPRC, authpam=CHILDREN,MILLISECONDS,CONVERSATIONS,
// authpwd, authshadow.
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <cstdio>
#include <exception>
#include <iostream>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "auth/ldap.hpp"
#include "auth/pam.hpp"
#include "auth/system_users.hpp"
#include "core/log.hpp"
#include "core/task.hpp"

#if defined(__GNUC__) && !defined(__clang__)
// g++ 12 inlines one of the two allocation functions of Asio's coroutine frames and then finds them unlike.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace postrider::auth {
namespace {

using Words = std::vector<std::string>;
using Modules = std::map<std::string, std::unique_ptr<Module>>;

Words split(const std::string& line, char separator) {
    Words words;
    std::istringstream in(line);
    for (std::string word; std::getline(in, word, separator);) {
        words.push_back(word);
    }
    return words;
}

void say(const std::string& line) {
    static std::mutex mutex;
    const std::scoped_lock lock(mutex);
    std::cout << line << std::endl;
}

std::string text_of(const Account& account) {
    std::string text = "address=" + account.address + "\tuid=" + std::to_string(account.uid) +
                       "\tgid=" + std::to_string(account.gid) + "\thome=" + account.home +
                       "\tname=" + account.full_name + "\toptions=" + account.options +
                       "\tsystem_user=" + account.system_user;
    text += account.maildir ? "\tmaildir=" + *account.maildir : "";
    return text + (account.quota ? "\tquota=" + *account.quota : "");
}

std::string text_of(const Result<std::optional<Record>>& record) {
    if (!record) {
        return (record.error().code == Code::unavailable ? "unavailable\t" : "error\t") + record.error().detail;
    }
    if (!*record) {
        return "none";
    }
    return "account\t" + text_of((*record)->account) + ((*record)->stored ? "\tstored=" + *(*record)->stored : "");
}

std::string text_of(const Result<bool>& done) {
    return !done ? "unavailable\t" + done.error().detail : *done ? "true" : "false";
}

Task<void> answer(Module& module, Words words) {
    const std::string number = words[0] + "\t";
    const std::string verb = words[2];
    words.resize(8);
    const Query query{.service = words[3], .user = words[4], .peer = words[5]};
    if (verb == "find") {
        say(number + text_of(co_await module.find(query)));
    } else if (verb == "login") {
        say(number + text_of(co_await module.log_in(query, words[6])));
    } else if (verb == "passwd") {
        say(number + text_of(co_await module.change_password(query, words[6], words[7])));
    } else if (verb == "each") {
        std::function<void(const Account&)> take = [&number](const Account& account) {
            say(number + "item\t" + text_of(account));
        };
        say(number + text_of(co_await module.each(take)));
    }
}

Modules modules_of(const Words& arguments, asio::thread_pool& pool, PasswordChecker& checker) {
    Modules modules;
    std::map<std::string, std::string> tls;
    for (const std::string& argument : arguments) {
        const auto equals = argument.find('=');
        const std::string name = argument.substr(0, equals);
        const std::string value = equals == std::string::npos ? "" : argument.substr(equals + 1);
        if (name.starts_with("LDAPTLS_")) {
            tls[name] = value;
        } else if (name.starts_with("authldap")) {  // and "authldap2", another directory
            modules[name] = make_ldap_module(read_ldap_settings(value, tls), checker);
        } else if (name == "authpam") {
            const Words numbers = split(value, ',');
            const PamSettings settings{.children = static_cast<unsigned>(std::stoul(numbers.at(0))),
                                       .time = std::chrono::milliseconds(std::stol(numbers.at(1))),
                                       .conversations = std::stoul(numbers.at(2))};
            modules[name] = make_pam_module(pool, settings);
        } else if (name == "authpwd") {
            modules[name] = make_authpwd(pool, checker);
        } else if (name == "authshadow") {
            modules[name] = make_authshadow(pool, checker);
        }
    }
    return modules;
}

void answer_all(Modules& modules) {
    asio::io_context loop;
    auto work = asio::make_work_guard(loop);
    std::thread thread([&loop] { loop.run(); });
    for (std::string line; std::getline(std::cin, line);) {
        const Words words = split(line, '\t');
        asio::co_spawn(asio::make_strand(loop), answer(*modules.at(words.at(1)), words),
                       [](const std::exception_ptr& error) {
                           if (error) {
                               std::rethrow_exception(error);
                           }
                       });
    }
    work.reset();
    thread.join();
}

int run(const Words& arguments) {
    set_log_sink([](LogLevel, std::string_view line, Protocol) { say("log\t" + std::string(line)); });
    asio::thread_pool pool(2);
    const ProcessSecret secret;
    PasswordChecker checker(pool, secret, 0, {});
    try {
        Modules modules = modules_of(arguments, pool, checker);
        say("ready");
        answer_all(modules);
    } catch (const std::exception& error) {
        say("failed\t" + std::string(error.what()));
        return 1;
    }
    return 0;
}

}  // namespace
}  // namespace postrider::auth

int main(int argc, char** argv) {
    if (argc == 2 && std::string(argv[1]) == "authpam") {
        return postrider::auth::run_pam_child();
    }
    return postrider::auth::run({argv + 1, argv + argc});
}
