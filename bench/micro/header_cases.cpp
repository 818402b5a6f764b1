// A message's header and parts: what ENVELOPE, BODYSTRUCTURE and the index are made of.
#include <benchmark/benchmark.h>

#include <memory>

#include "imap/wire/printer.hpp"
#include "micro/cases.hpp"
#include "micro/floors.hpp"
#include "micro/texts.hpp"
#include "mime/decode.hpp"
#include "mime/envelope.hpp"
#include "mime/header.hpp"
#include "mime/structure.hpp"
#include "mime/thread_keys.hpp"

namespace postrider::bench {

namespace {

using namespace imap;

Work fields() {
    const std::string text = header();
    const auto once = [text] {
        std::size_t bytes = 0;
        mime::each_field(text, [&](const mime::Field& field) { bytes += field.value.size(); });
        benchmark::DoNotOptimize(bytes);
    };
    return {text.size(), once, seeing_lines(text)};
}

Work envelope_read() {
    const std::string text = header();
    return {text.size(), [text] { benchmark::DoNotOptimize(mime::envelope_of(text)); }, seeing_lines(text)};
}

/// print: std::string& -> void, appends.
template <class F>
Work printing(F print) {
    std::string line;
    print(line);
    const auto once = [print, out = std::string()]() mutable {
        out.clear();
        print(out);
        benchmark::DoNotOptimize(out.data());
    };
    return {line.size(), once, copying(line)};
}

Work envelope_printed() {
    return printing(
        [envelope = mime::envelope_of(header())](std::string& out) { wire::print_envelope(out, envelope); });
}

/// change: the header's subject -> anything.
template <class F>
Work subject_work(const std::string& subject, F change) {
    return {subject.size(), [subject, change] { benchmark::DoNotOptimize(change(subject)); }, copying(subject)};
}

std::string raw_subject() {
    return *mime::field_value(header(), "subject");
}

Work subject_decoded() {
    return subject_work(raw_subject(), mime::decode_words);
}

Work subject_folded() {
    return subject_work(mime::decode_words(raw_subject()), mime::search_form);
}

Work subject_base() {
    return subject_work(mime::decode_words(raw_subject()), mime::base_subject);
}

Work date_read() {
    const std::string date = *mime::field_value(header(), "date");
    return {date.size(), [date] { benchmark::DoNotOptimize(mime::parse_date(date)); }, {}};
}

Work structure_read() {
    const std::string text = message();
    return {text.size(), [text] { benchmark::DoNotOptimize(mime::parse_message(text)); }, seeing_lines(text)};
}

Work structure_printed() {
    const auto tree = std::make_shared<const mime::Part>(mime::parse_message(message()));
    return printing([tree](std::string& out) { wire::print_body_structure(out, *tree, wire::Extensions::include); });
}

Work real_structures() {
    const auto messages = std::make_shared<const std::vector<std::string>>(real_messages());
    std::string together;
    for (const std::string& one : *messages) {
        together += one;
    }
    const auto once = [messages] {
        for (const std::string& one : *messages) {
            benchmark::DoNotOptimize(mime::parse_message(one));
        }
    };
    return {together.size(), once, seeing_lines(together)};
}

}  // namespace

void add_header_cases(Cases& cases) {
    cases.push_back({"fields of a header", fields});
    cases.push_back({"envelope of a header", envelope_read});
    cases.push_back({"envelope printed", envelope_printed});
    cases.push_back({"subject decoded", subject_decoded});
    cases.push_back({"search form of a subject", subject_folded});
    cases.push_back({"base subject", subject_base});
    cases.push_back({"date read", date_read});
    cases.push_back({"structure of a message", structure_read});
    cases.push_back({"structure printed", structure_printed});
    cases.push_back({"structures of real messages", real_structures});
}

}  // namespace postrider::bench
