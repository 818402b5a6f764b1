// Transcripts: dialogues of clients with the server, one behaviour a file. Format: tests/transcripts/README.md.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/session_facts.hpp"

namespace postrider::test {

/// What a line of a transcript does.
enum class LineKind : char { command, bytes, answer, action };

struct TranscriptLine {
    int number = 0;  ///< in the file
    LineKind kind = LineKind::command;
    int client = 0;
    std::string text;
};

struct Transcript {
    std::filesystem::path file;
    std::string rule;
    std::string mailbox;
    Protocol protocol = Protocol::imap;
    bool login = true;  ///< clients are logged in before the first line
    std::vector<std::pair<std::string, std::string>> settings;
    std::vector<TranscriptLine> lines;
};

/// Throws std::runtime_error, with file and line, when the text is no transcript.
Transcript read_transcript(const std::filesystem::path& file);

/// The text of a "C+" line: \r \n \t \\ \xNN.
std::string unescaped(std::string_view text);

/// What `$name` stood for in the patterns so far.
using Bindings = std::map<std::string, std::string>;

/// Whether the line is what the pattern says; binds the names that the pattern uses first.
bool matches(std::string_view pattern, std::string_view line, Bindings& bindings);

/// A server that clients can connect to, with one account and its Maildir.
class TranscriptServer {
public:
    virtual ~TranscriptServer() = default;
    /// A connected socket, owned by the caller.
    virtual int connect() = 0;
    /// What to send after the greeting so that the client is logged in; empty: it is already.
    virtual std::string login_command() const = 0;
    /// What the server logged, for the message about a failure.
    virtual std::string log() const = 0;
};

/// Plays the transcript; none: everything was as expected. Else what was not, with the dialogue so far.
std::optional<std::string> play(const Transcript& transcript, TranscriptServer& server,
                                const std::filesystem::path& maildir);

/// Makes the Maildir of tests/transcripts/mailboxes/<fixture> at `maildir`.
void make_maildir(const std::filesystem::path& fixture, const std::filesystem::path& maildir);

/// What another program does to the Maildir: "deliver", "rename", "remove", "present", "absent", ...
/// Throws std::runtime_error when it cannot be done, or is not as it says.
void act(const std::string& action, const std::filesystem::path& maildir);

}  // namespace postrider::test
