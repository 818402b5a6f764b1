// postrider_authdaemon SOCKET PROGRAM: serves the authdaemon socket with the accounts that authpipe has from PROGRAM.
// Says "ready" on standard output, and ends with its standard input.
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "auth/daemon_server.hpp"
#include "auth/pipe.hpp"
#include "core/log.hpp"

using namespace postrider;

namespace {

int serve(const std::string& path, const std::string& program) {
    asio::io_context loop(1);
    asio::thread_pool pool(1);
    const auth::ProcessSecret secret;
    auth::PasswordChecker checker(pool, secret, 0, std::chrono::seconds(0));
    auth::Chain::Modules modules;
    auth::PipeSettings settings{.name = "authpipe", .program = program, .times = {}};
    modules.push_back(std::make_unique<auth::Pipe>(loop.get_executor(), pool, std::move(settings)));
    const auto chain = std::make_shared<auth::Chain>(std::move(modules), checker, "");
    auth::daemon::Server server(loop.get_executor(), [chain] { return chain; });
    if (const std::string trouble = server.open(path); !trouble.empty()) {
        std::cerr << trouble << '\n';
        return 1;
    }
    std::cout << "ready" << std::endl;
    asio::posix::stream_descriptor input(loop, ::dup(STDIN_FILENO));
    input.async_wait(asio::posix::descriptor_base::wait_read,
                     [&server](const boost::system::error_code&) { server.stop(); });
    auto ended = asio::co_spawn(loop, server.run(), asio::use_future);
    loop.run();
    ended.get();
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    set_log_sink([](LogLevel, std::string_view line, Protocol) { std::cerr << line << '\n'; });
    try {
        return argc == 3 ? serve(argv[1], argv[2]) : 2;
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
