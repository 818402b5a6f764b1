// What a settings folder of one or two files becomes, in one line.
#pragma once

#include <algorithm>
#include <string>

#include "config/config.hpp"
#include "config/folder.hpp"

namespace postrider::config {

/// Settings of a folder with that one file.
inline service::Settings with(const std::string& file, const std::string& text) {
    const Folder folder;
    folder.write(file, text);
    return load(folder.path()).settings;
}

/// The message, behind the folder's name.
inline std::string error_with(const std::string& file, const std::string& text) {
    const Folder folder;
    folder.write(file, text);
    try {
        static_cast<void>(load(folder.path()));
    } catch (const ConfigError& error) {
        const std::string message = error.what();
        const std::string prefix = folder.path().string() + '/';
        return message.starts_with(prefix) ? message.substr(prefix.size()) : message;
    }
    return "no error";
}

inline bool has_note(const Folder& folder, const std::string& part) {
    const auto notes = load(folder.path()).notes;
    return std::ranges::any_of(notes, [&](const auto& note) { return note.find(part) != std::string::npos; });
}

inline bool notes_with(const std::string& file, const std::string& text, const std::string& part) {
    const Folder folder;
    folder.write(file, text);
    return has_note(folder, part);
}

inline service::Listener plain(const std::string& address, std::uint16_t port) {
    return {.address = address, .port = port, .door = {Protocol::imap, service::Tls::on_request}};
}

inline service::Listener tls(const std::string& address, std::uint16_t port) {
    return {.address = address, .port = port, .door = {Protocol::imap, service::Tls::from_the_start}};
}

inline service::Listener pop3_listener(std::uint16_t port, service::Tls kind) {
    return {.address = "", .port = port, .door = {Protocol::pop3, kind}};
}

}  // namespace postrider::config
