// A subcommand is one file here that defines one row of the table in run.cpp.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace postrider::cli {

/// How a subcommand was called.
struct Invocation {
    std::string program;           ///< as messages name it: "postrider userdb", or the link's own name "userdb"
    bool by_courier_name = false;  ///< called through a link: Courier's options, output and exit codes exactly
    std::vector<std::string> arguments;
};

struct Subcommand {
    std::string_view name;
    std::string_view summary;          ///< one line for --help
    std::string_view link = {};        ///< Courier's name that runs it; "" for none
    std::string_view other_link = {};  ///< another such name
    int (*run)(const Invocation& invocation);
    bool hidden = false;  ///< started by the program itself, not by a person
};

extern const Subcommand sub_serve;
extern const Subcommand sub_imapd;
extern const Subcommand sub_pop3d;
extern const Subcommand sub_who;
extern const Subcommand sub_kick;
extern const Subcommand sub_stats;
extern const Subcommand sub_reload;
extern const Subcommand sub_stop;
extern const Subcommand sub_config;
extern const Subcommand sub_userdb;
extern const Subcommand sub_userdbpw;
extern const Subcommand sub_makeuserdb;
extern const Subcommand sub_pw2userdb;
extern const Subcommand sub_vchkpw2userdb;
extern const Subcommand sub_authtest;
extern const Subcommand sub_authenumerate;
extern const Subcommand sub_authpasswd;
extern const Subcommand sub_authinfo;
extern const Subcommand sub_front;
extern const Subcommand sub_worker;
extern const Subcommand sub_authpam;

}  // namespace postrider::cli
