// Reads transcripts and plays them: every line sent or expected has ten seconds.
#include "support/transcript.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "core/descriptor.hpp"
#include "core/text.hpp"

namespace postrider::test {

namespace {

constexpr auto patience = std::chrono::seconds(10);
constexpr std::string_view end_of_connection = "<end>";

/// What was expected of the server and did not come.
class Mismatch : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

std::runtime_error wrong(const std::filesystem::path& file, int line, const std::string& what) {
    return std::runtime_error(file.string() + ":" + std::to_string(line) + ": " + what);
}

/// "name: value" at the top of the file. False: it is no such line.
bool take_setting(Transcript& transcript, const std::string& line) {
    const auto colon = line.find(": ");
    if (colon == std::string::npos) {
        return false;
    }
    const std::string name = line.substr(0, colon);
    const std::string value = line.substr(colon + 2);
    if (name == "mailbox") {
        transcript.mailbox = value;
    } else if (name == "login") {
        transcript.login = value != "no";
    } else if (name == "protocol" && value == "pop3") {
        transcript.protocol = Protocol::pop3;
    } else if (const auto equals = value.find('='); name == "settings" && equals != std::string::npos) {
        transcript.settings.emplace_back(value.substr(0, equals), value.substr(equals + 1));
    } else {
        return false;
    }
    return true;
}

/// "1C: text", "1C+ text", "1S: text", "1X: text". False: it is no such line.
bool take_line(Transcript& transcript, const std::string& line, int number) {
    const auto letter = line.find_first_not_of("0123456789");
    if (letter == std::string::npos || line.size() < letter + 2) {
        return false;
    }
    TranscriptLine taken{number, LineKind::command, letter == 0 ? 0 : std::stoi(line.substr(0, letter)), {}};
    const std::string mark = line.substr(letter, 2);
    if (mark == "C:") {
        taken.kind = LineKind::command;
    } else if (mark == "C+") {
        taken.kind = LineKind::bytes;
    } else if (mark == "S:") {
        taken.kind = LineKind::answer;
    } else if (mark == "X:") {
        taken.kind = LineKind::action;
    } else {
        return false;
    }
    const std::string text = line.substr(letter + 2);
    taken.text = text.starts_with(' ') ? text.substr(1) : text;
    if (taken.kind == LineKind::bytes) {
        taken.text = unescaped(taken.text);
    }
    transcript.lines.push_back(std::move(taken));
    return true;
}

bool ends_name(char c) {
    return c == ' ' || c == '(' || c == ')' || c == ']' || c == '"' || c == '\0';
}

}  // namespace

Transcript read_transcript(const std::filesystem::path& file) {
    Transcript transcript;
    transcript.file = file;
    std::ifstream in(file, std::ios::binary);
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
        if (number == 1) {
            if (!line.starts_with("# ")) {
                throw wrong(file, number, "the first line is '# ' and the rule with its section");
            }
            transcript.rule = line.substr(2);
        } else if (!line.empty() && line.front() != '#' && !take_setting(transcript, line) &&
                   !take_line(transcript, line, number)) {
            throw wrong(file, number, "not a line of a transcript: " + line);
        }
    }
    if (transcript.lines.empty()) {
        throw wrong(file, 1, "no lines");
    }
    return transcript;
}

std::string unescaped(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            out += text[i];
            continue;
        }
        const char letter = text[++i];
        if (letter == 'x' && i + 2 < text.size()) {
            out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
            i += 2;
        } else {
            out += letter == 'r' ? '\r' : letter == 'n' ? '\n' : letter == 't' ? '\t' : letter;
        }
    }
    return out;
}

bool matches(std::string_view pattern, std::string_view line, Bindings& bindings) {
    const bool any_rest = pattern.ends_with(" *");
    if (any_rest) {
        pattern.remove_suffix(1);
    }
    Bindings found = bindings;
    std::size_t at = 0;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        std::size_t name_end = i + 1;
        while (name_end < pattern.size() &&
               (is_digit(pattern[name_end]) || pattern[name_end] == '_' ||
                (to_lower(pattern[name_end]) >= 'a' && to_lower(pattern[name_end]) <= 'z'))) {
            ++name_end;
        }
        if (pattern[i] != '$' || name_end == i + 1) {
            if (pattern.substr(i).starts_with("$$")) {
                ++i;  // "$$" is a dollar sign
            }
            if (at == line.size() || line[at] != pattern[i]) {
                return false;
            }
            ++at;
            continue;
        }
        const std::string name(pattern.substr(i + 1, name_end - i - 1));
        i = name_end - 1;
        if (const auto known = found.find(name); known != found.end()) {
            if (!line.substr(at).starts_with(known->second)) {
                return false;
            }
            at += known->second.size();
            continue;
        }
        const auto begin = at;
        while (at < line.size() && !ends_name(line[at])) {
            ++at;
        }
        if (at == begin) {
            return false;
        }
        found[name] = line.substr(begin, at - begin);
    }
    if (at != line.size() && !any_rest) {
        return false;
    }
    bindings = std::move(found);
    return true;
}

namespace {

/// One connection. Members throw Mismatch when time passes or the connection ends.
class Client {
public:
    explicit Client(int socket) : socket_(socket) {}

    void send(std::string_view bytes) {
        while (!bytes.empty()) {
            wait(POLLOUT, "the server does not read");
            const ssize_t n = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (n < 0 && errno != EAGAIN && errno != EINTR) {
                throw Mismatch("the server closed the connection: " + std::generic_category().message(errno));
            }
            bytes.remove_prefix(n > 0 ? static_cast<std::size_t>(n) : 0);
        }
    }

    /// Without its CRLF; none: end of the connection.
    std::optional<std::string> line() {
        for (;;) {
            if (const auto end = input_.find('\n'); end != std::string::npos) {
                std::string line = input_.substr(0, end);
                input_.erase(0, end + 1);
                if (!line.ends_with('\r')) {
                    throw Mismatch("a line that ends without CR: " + line);
                }
                line.pop_back();
                return line;
            }
            wait(POLLIN, "nothing came for 10 s" + (input_.empty() ? "" : ", behind \"" + input_ + '"'));
            char bytes[4096];
            const ssize_t n = ::recv(socket_.get(), bytes, sizeof bytes, MSG_DONTWAIT);
            if (n == 0 || (n < 0 && errno == ECONNRESET)) {
                ended_ = true;
                if (!input_.empty()) {
                    throw Mismatch("the connection ended within a line: " + input_);
                }
                return std::nullopt;
            }
            input_.append(bytes, n > 0 ? static_cast<std::size_t>(n) : 0);
        }
    }

    bool ended() const { return ended_; }

private:
    void wait(short events, const std::string& problem) const {
        pollfd poll{socket_.get(), events, 0};
        const auto most = std::chrono::duration_cast<std::chrono::milliseconds>(patience);
        if (::poll(&poll, 1, static_cast<int>(most.count())) == 0) {
            throw Mismatch(problem);
        }
    }

    Descriptor socket_;
    std::string input_;
    bool ended_ = false;
};

class Player {
public:
    Player(const Transcript& transcript, TranscriptServer& server, const std::filesystem::path& maildir)
        : transcript_(transcript), server_(server), maildir_(maildir) {}

    std::optional<std::string> play() {
        int number = 0;
        try {
            for (const auto& line : transcript_.lines) {
                if (line.kind != LineKind::action && !clients_.contains(line.client)) {
                    number = line.number;
                    open(line.client);
                }
            }
            for (std::size_t i = 0; i < transcript_.lines.size(); ++i) {
                number = transcript_.lines[i].number;
                one(i);
            }
            say_goodbye();
        } catch (const std::exception& problem) {
            std::ostringstream text;
            text << transcript_.file.string() << ':' << number << ": " << problem.what()
                 << "\nrule: " << transcript_.rule << "\ndialogue:\n"
                 << dialogue_ << "log:\n"
                 << server_.log();
            return text.str();
        }
        return std::nullopt;
    }

private:
    void open(int number) {
        auto& client = *(clients_[number] = std::make_unique<Client>(server_.connect()));
        if (!transcript_.login) {
            return;  // the greeting is the transcript's
        }
        const std::string command = server_.login_command();
        if (is_pop3()) {
            open_pop3(client, number, command);
            return;
        }
        expect(client, number, command.empty() ? "* PREAUTH Ready." : "* OK *");
        if (!command.empty()) {
            send(client, number, "login " + command + "\r\n");
            expect(client, number, "login OK LOGIN Ok.");
        }
    }

    void open_pop3(Client& client, int number, const std::string& commands) {
        if (!commands.empty()) {
            expect(client, number, "+OK Hello there.");
            send(client, number, commands + "\r\n");
            expect(client, number, "+OK Password required.");
        }
        expect(client, number, "+OK logged in.");
    }

    bool is_pop3() const { return transcript_.protocol == Protocol::pop3; }

    void one(std::size_t index) {
        const TranscriptLine& line = transcript_.lines[index];
        if (line.kind == LineKind::action) {
            dialogue_ += "   X: " + line.text + "\n";
            act(line.text, maildir_);
            return;
        }
        Client& client = *clients_.at(line.client);
        switch (line.kind) {
            case LineKind::command:
                send(client, line.client, line.text + "\r\n");
                if (!has_answer(index) && is_pop3()) {
                    expect(client, line.client, "+OK *");
                } else if (!has_answer(index) && !line.text.ends_with('}')) {
                    expect_ok(client, line.client, line.text.substr(0, line.text.find(' ')));
                }
                break;
            case LineKind::bytes:
                send(client, line.client, line.text);
                break;
            case LineKind::answer:
                expect(client, line.client, line.text);
                break;
            case LineKind::action:
                break;
        }
    }

    /// Whether S lines of the client follow before it sends again. (A line that announces a literal has no answer.)
    bool has_answer(std::size_t index) const {
        const auto& lines = transcript_.lines;
        for (std::size_t i = index + 1; i < lines.size(); ++i) {
            if (lines[i].client == lines[index].client && lines[i].kind != LineKind::action) {
                return lines[i].kind == LineKind::answer;
            }
        }
        return false;
    }

    void send(Client& client, int number, const std::string& bytes) {
        dialogue_ += "  " + std::to_string(number) + "C: " + bytes + (bytes.ends_with('\n') ? "" : "\n");
        client.send(bytes);
    }

    std::optional<std::string> next_line(Client& client, int number) {
        auto line = client.line();
        dialogue_ += "  " + std::to_string(number) + "S: " + line.value_or(std::string(end_of_connection)) + "\n";
        return line;
    }

    void expect(Client& client, int number, const std::string& pattern) {
        const auto line = next_line(client, number);
        const bool good = pattern == end_of_connection ? !line : line && matches(pattern, *line, bindings_);
        if (!good) {
            std::string bound;
            for (const auto& [name, value] : bindings_) {
                bound += "\n  $" + name + " = " + value;
            }
            throw Mismatch("expected: " + pattern + "\n  got:      " + line.value_or(std::string(end_of_connection)) +
                           bound);
        }
    }

    void expect_ok(Client& client, int number, const std::string& tag) {
        for (;;) {
            const auto line = next_line(client, number);
            if (!line) {
                throw Mismatch("expected: " + tag + " OK *\n  got the end of the connection");
            }
            if (line->starts_with(tag + " ")) {
                if (!line->starts_with(tag + " OK ")) {
                    throw Mismatch("expected: " + tag + " OK *\n  got:      " + *line);
                }
                return;
            }
        }
    }

    /// Nothing more than what was expected was said.
    void say_goodbye() {
        for (auto& [number, client] : clients_) {
            if (client->ended()) {
                continue;
            }
            if (is_pop3()) {
                send(*client, number, "QUIT\r\n");
                expect(*client, number, "+OK *");
                expect(*client, number, std::string(end_of_connection));
            } else {
                send(*client, number, "bye LOGOUT\r\n");
                expect(*client, number, "* BYE *");
                expect(*client, number, "bye OK LOGOUT completed");
                expect(*client, number, std::string(end_of_connection));
            }
        }
    }

    const Transcript& transcript_;
    TranscriptServer& server_;
    const std::filesystem::path& maildir_;
    std::map<int, std::unique_ptr<Client>> clients_;
    Bindings bindings_;
    std::string dialogue_;
};

}  // namespace

std::optional<std::string> play(const Transcript& transcript, TranscriptServer& server,
                                const std::filesystem::path& maildir) {
    return Player(transcript, server, maildir).play();
}

}  // namespace postrider::test
