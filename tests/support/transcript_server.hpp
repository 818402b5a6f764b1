// The two servers that transcripts are played against: sessions in this process, and the real program.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "support/transcript.hpp"

namespace postrider::test {

/// home: a folder of the test's own, with the account's Maildir in it. The account is "demo" with password "secret";
/// "off" with the same password has the options disableimap=1 and disablepop3=1.
std::unique_ptr<TranscriptServer> serve_in_process(const Transcript& transcript, const std::filesystem::path& home);

/// binary: path of postrider.
std::unique_ptr<TranscriptServer> serve_by_program(const std::string& binary, const Transcript& transcript,
                                                   const std::filesystem::path& home);

}  // namespace postrider::test
