// Runs a subcommand in this process, with its streams caught and its standard input given.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "cli/subcommand.hpp"
#include "core/descriptor.hpp"

namespace postrider::test {

struct Outcome {
    int code = 0;
    std::string out;
    std::string err;

    friend bool operator==(const Outcome&, const Outcome&) = default;
    friend std::ostream& operator<<(std::ostream& to, const Outcome& outcome) {
        return to << "code " << outcome.code << "\nout: " << outcome.out << "\nerr: " << outcome.err;
    }
};

/// A stream's bytes go into a string while this lives.
class Caught {
public:
    explicit Caught(std::ostream& stream) : stream_(stream), old_(stream.rdbuf(text_.rdbuf())) {}
    ~Caught() { stream_.rdbuf(old_); }
    Caught(const Caught&) = delete;
    Caught& operator=(const Caught&) = delete;
    std::string text() const { return text_.str(); }

private:
    std::ostringstream text_;
    std::ostream& stream_;
    std::streambuf* old_;
};

/// Standard input is another descriptor while this lives.
class InputFrom {
public:
    explicit InputFrom(int fd) : old_(::dup(STDIN_FILENO)) { ::dup2(fd, STDIN_FILENO); }
    ~InputFrom() { ::dup2(old_.get(), STDIN_FILENO); }
    InputFrom(const InputFrom&) = delete;
    InputFrom& operator=(const InputFrom&) = delete;

private:
    Descriptor old_;
};

/// The reading end of a pipe that holds `text` (at most a pipe's 64 KiB), then ends.
inline Descriptor pipe_with(std::string_view text) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) {
        throw std::runtime_error("pipe");
    }
    const Descriptor writer(ends[1]);
    if (::write(writer.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
        throw std::runtime_error("write");
    }
    return Descriptor(ends[0]);
}

inline Outcome run_tool(const cli::Subcommand& tool, std::vector<std::string> arguments, std::string_view input = {}) {
    const Descriptor pipe = pipe_with(input);
    const InputFrom standard_input(pipe.get());
    const Caught out(std::cout);
    const Caught err(std::cerr);
    const int code = tool.run({"postrider " + std::string(tool.name), false, std::move(arguments)});
    return {code, out.text(), err.text()};
}

/// Through a link with Courier's name.
inline Outcome run_link(const cli::Subcommand& tool, std::vector<std::string> arguments, std::string_view input = {}) {
    const Descriptor pipe = pipe_with(input);
    const InputFrom standard_input(pipe.get());
    const Caught out(std::cout);
    const Caught err(std::cerr);
    const int code = tool.run({std::string(tool.name), true, std::move(arguments)});
    return {code, out.text(), err.text()};
}

}  // namespace postrider::test
