// postrider-userdb-bench [ACCOUNTS]: what it takes to compile a userdb of so many accounts (1000000), and to look them
// up in any order, as a server does. Works in a folder of its own below $TMPDIR.
#include <sys/resource.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <stdexcept>
#include <string>

#include "auth/user_database.hpp"
#include "core/text.hpp"

using namespace postrider;

namespace {

constexpr std::uint32_t standard_accounts = 1'000'000;
constexpr int look_ups = 1'000'000;

std::string name_of(std::uint32_t number) {
    return "user" + std::to_string(number) + "@example" + std::to_string(number % 1000) + ".com";
}

/// In an order of its own, as administrators add them.
void write_source(const std::string& path, std::uint32_t accounts) {
    std::ofstream out(path);
    for (std::uint32_t i = 0; i < accounts; ++i) {
        const std::string name = name_of(i);
        out << name << "\tuid=1012|gid=1012|home=/home/vmail|mail=/home/vmail/domains/" << name
            << "|systempw=$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7|options=group="
               "staff\n";
    }
    if (!out.flush() || ::chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0) {
        throw std::runtime_error("cannot write " + path);
    }
}

/// Of this process, in user and system mode.
double cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double seconds_of(const std::function<void()>& work) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void compile(const std::string& path) {
    if (const auto failure = auth::compile_userdb(path)) {
        throw std::runtime_error(failure->message);
    }
}

/// offset: added to the numbers of the accounts; `accounts` and more: none of them exists.
double microseconds_a_look_up(auth::UserDatabase& database, std::uint32_t accounts, std::uint32_t offset) {
    std::minstd_rand random(1);
    std::uniform_int_distribution<std::uint32_t> any(0, accounts - 1);
    const double seconds = seconds_of([&] {
        for (int i = 0; i < look_ups; ++i) {
            const auto found = database.find(name_of(offset + any(random)));
            if (!found || found->has_value() != (offset == 0)) {
                throw std::runtime_error("a look-up failed");
            }
        }
    });
    return seconds * 1e6 / look_ups;
}

void measure(const std::string& folder, std::uint32_t accounts) {
    const std::string source = folder + "/userdb";
    const std::string compiled = source + ".lmdb";
    write_source(source, accounts);
    const double earlier = cpu_seconds();
    const double compilation = seconds_of([&] { compile(source); });
    const double compilation_cpu = cpu_seconds() - earlier;
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    auth::UserDatabase database(compiled);
    const double opening = seconds_of([&] { (void)database.find("nobody"); });
    std::printf("%u accounts, source %.0f MB, database %.0f MB\n", accounts,
                static_cast<double>(std::filesystem::file_size(source)) / 1e6,
                static_cast<double>(std::filesystem::file_size(compiled)) / 1e6);
    std::printf("compiled in            %8.2f s (CPU %.2f s), %ld MB of memory\n", compilation, compilation_cpu,
                usage.ru_maxrss / 1024);
    std::printf("opened in              %8.2f s\n", opening);
    std::printf("an account found in    %8.2f us\n", microseconds_a_look_up(database, accounts, 0));
    std::printf("an unknown one in      %8.2f us\n", microseconds_a_look_up(database, accounts, accounts));
}

}  // namespace

int main(int argc, char** argv) {
    const auto accounts = argc > 1 ? parse_decimal<std::uint32_t>(argv[1]) : standard_accounts;
    if (argc > 2 || !accounts || *accounts == 0) {
        std::fputs("Usage: postrider-userdb-bench [ACCOUNTS]\n", stderr);
        return 2;
    }
    std::string folder = (std::filesystem::temp_directory_path() / "postrider-userdb-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) {
        std::perror("mkdtemp");
        return 1;
    }
    int code = 0;
    try {
        measure(folder, *accounts);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "postrider-userdb-bench: %s\n", error.what());
        code = 1;
    }
    std::filesystem::remove_all(folder);
    return code;
}
