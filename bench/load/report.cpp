#include "load/report.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <vector>

namespace postrider::bench {

namespace json = boost::json;

namespace {

constexpr int version = 1;

double microseconds(std::chrono::nanoseconds time) {
    return static_cast<double>(time.count()) / 1000;
}

json::object latency(const Histogram& histogram) {
    return {{"count", histogram.count()},
            {"mean", microseconds(histogram.mean())},
            {"p50", microseconds(histogram.quantile(0.5))},
            {"p90", microseconds(histogram.quantile(0.9))},
            {"p95", microseconds(histogram.quantile(0.95))},
            {"p99", microseconds(histogram.quantile(0.99))},
            {"max", microseconds(histogram.max())}};
}

json::object extra(const Tally& tally) {
    json::object out;
    for (const auto& [name, value] : tally.extra) {
        out[name] = value;
    }
    if (!tally.latency_of_kinds.empty()) {
        json::object kinds;
        for (const auto& [name, histogram] : tally.latency_of_kinds) {
            kinds[name] = latency(histogram);
        }
        out["latency_us"] = std::move(kinds);
    }
    return out;
}

json::value memory(const Figures& figures) {
    if (!figures.memory) {
        return nullptr;
    }
    return json::object{{"pss_kib", figures.memory->pss_kib},
                        {"kernel_kib", figures.memory->kernel_kib},
                        {"kernel_is_machine_wide", figures.memory->is_kernel_machine_wide},
                        {"processes", figures.memory->processes}};
}

json::object run(const Figures& figures) {
    const Tally& tally = figures.tally;
    const auto& cpu = figures.server_cpu_seconds;
    return {{"operations", tally.operations},
            {"errors", tally.errors.count()},
            {"seconds", figures.seconds},
            {"server_cpu_seconds", cpu ? json::value(*cpu) : json::value(nullptr)},
            {"client_cpu_seconds", figures.client_cpu_seconds},
            {"bytes_received", tally.traffic.received},
            {"bytes_sent", tally.traffic.sent},
            {"latency_us", latency(tally.latency)},
            {"memory", memory(figures)},
            {"extra", extra(tally)}};
}

void add_own(json::object& parameters, OwnOption own, const Options& options) {
    switch (own) {
        case OwnOption::items:
            parameters["items"] = options.items;
            break;
        case OwnOption::batch:
            parameters["batch"] = options.batch;
            break;
        case OwnOption::to:
            parameters["to"] = options.to;
            break;
        case OwnOption::size:
            parameters["size"] = options.size;
            break;
        case OwnOption::criteria:
            parameters["criteria"] = options.criteria;
            break;
        case OwnOption::keys:
            parameters["keys"] = options.keys;
            break;
        case OwnOption::algorithm:
            parameters["algorithm"] = options.algorithm;
            break;
        case OwnOption::maildir:
            parameters["maildir"] = options.maildir;
            break;
        case OwnOption::gap:
            parameters["gap"] = options.gap.count();
            break;
        case OwnOption::speed:
            parameters["speed"] = options.speed;
            break;
        case OwnOption::guesses:
            parameters["guesses"] = options.guesses;
            parameters["addresses"] = options.addresses;
            parameters["guess_patience"] = options.guess_patience.count();
            break;
    }
}

json::object parameters(const Scenario& scenario, const Options& options) {
    json::object out = {{"accounts", options.accounts.size()},
                        {"connections", options.connections},
                        {"threads", options.threads},
                        {"folder", options.folder},
                        {"warm_up", options.warm_up},
                        {"repeat", options.repeat},
                        {"seed", options.seed},
                        {"resume", options.resume},
                        {"settle", options.settle.count()},
                        {"timeout", options.timeout.count()}};
    out["count"] = options.duration ? json::value(nullptr) : json::value(options.count);
    out["duration"] = options.duration ? json::value(options.duration->count()) : json::value(nullptr);
    for (const OwnOption own : scenario.own) {
        add_own(out, own, options);
    }
    return out;
}

json::object head(const Scenario& scenario, const Target& target) {
    static constexpr const char* securities[] = {"none", "starttls", "implicit"};
    const Options& options = target.options();
    return {{"version", version},
            {"scenario", scenario.name},
            {"server",
             {{"host", options.host},
              {"port", options.port},
              {"protocol", options.protocol == Protocol::imap ? "imap" : "pop3"},
              {"tls", securities[static_cast<std::size_t>(options.security)]},
              {"greeting", target.greeting()}}},
            {"parameters", parameters(scenario, options)},
            {"unit", scenario.unit}};
}

double number(const json::value& value) {
    return value.is_number() ? value.to_number<double>() : 0;
}

std::string decimal(double value) {
    char text[40];
    std::snprintf(text, sizeof text, "%.10g", value);
    return text;
}

std::string row(const std::string& name, const json::object& run) {
    const double operations = number(run.at("operations"));
    const double seconds = number(run.at("seconds"));
    const json::object& times = run.at("latency_us").as_object();
    const json::value& cpu = run.at("server_cpu_seconds");
    const auto each = [&](const json::value& value) {
        return operations > 0 && value.is_number() ? number(value) * 1e6 / operations : 0;
    };
    char line[300];
    std::snprintf(line, sizeof line, "%-8s %12.0f %8.0f %10.3f %12.1f %10.1f %10.1f %10.1f %10.1f %12.2f %12.2f\n",
                  name.c_str(), operations, number(run.at("errors")), seconds, seconds > 0 ? operations / seconds : 0,
                  number(times.at("p50")), number(times.at("p90")), number(times.at("p99")), number(times.at("max")),
                  each(cpu), each(run.at("client_cpu_seconds")));
    return line;
}

}  // namespace

json::value median_of(std::span<const json::value> values) {
    if (values.empty()) {
        return nullptr;
    }
    if (values.front().is_object()) {
        json::object out;
        for (const auto& [name, first] : values.front().as_object()) {
            std::vector<json::value> same;
            for (const json::value& value : values) {
                if (value.is_object() && value.as_object().contains(name)) {
                    same.push_back(value.as_object().at(name));
                }
            }
            out[name] = median_of(same);
        }
        return out;
    }
    std::vector<double> numbers;
    for (const json::value& value : values) {
        if (value.is_number()) {
            numbers.push_back(value.to_number<double>());
        }
    }
    if (!values.front().is_number() || numbers.empty()) {
        return values.front();
    }
    std::sort(numbers.begin(), numbers.end());
    const std::size_t half = numbers.size() / 2;
    return numbers.size() % 2 == 1 ? numbers[half] : (numbers[half - 1] + numbers[half]) / 2;
}

json::object report(const Scenario& scenario, const Target& target, std::span<const Figures> runs) {
    std::vector<json::value> each;
    ErrorTexts errors;
    for (const Figures& figures : runs) {
        each.emplace_back(run(figures));
        for (const auto& [text, times] : figures.tally.errors.texts()) {
            errors.add(text, times);
        }
    }
    json::object texts;
    for (const auto& [text, times] : errors.texts()) {
        texts[text] = times;
    }
    json::object out = head(scenario, target);
    out["runs"] = json::array(each.begin(), each.end());
    out["median"] = median_of(each);
    out["error_texts"] = std::move(texts);
    return out;
}

json::object report_unsupported(const Scenario& scenario, const Target& target, const std::string& reason) {
    json::object out = head(scenario, target);
    out["unsupported"] = reason;
    return out;
}

std::string table(const json::object& report) {
    const std::string unit(report.at("unit").as_string());
    char head[300];
    std::snprintf(head, sizeof head, "%-8s %12s %8s %10s %12s %10s %10s %10s %10s %12s %12s\n", "run",
                  (unit + "s").c_str(), "errors", "seconds", "a second", "p50 us", "p90 us", "p99 us", "max us",
                  "server us", "client us");
    std::string out = head;
    std::size_t count = 0;
    for (const json::value& one : report.at("runs").as_array()) {
        out += row(std::to_string(++count), one.as_object());
    }
    if (count > 1) {
        out += row("median", report.at("median").as_object());
    }
    for (const auto& [name, value] : report.at("median").as_object().at("extra").as_object()) {
        out +=
            std::string(name) + ": " + (value.is_double() ? decimal(value.as_double()) : json::serialize(value)) + '\n';
    }
    for (const auto& [text, times] : report.at("error_texts").as_object()) {
        out += "error, " + json::serialize(times) + " times: " + std::string(text) + '\n';
    }
    return out;
}

void write_json(const json::object& report, const std::string& file) {
    const std::string text = json::serialize(report) + '\n';
    if (file == "-") {
        std::cout << text << std::flush;
        return;
    }
    std::ofstream out(file, std::ios::binary);
    out << text << std::flush;
    if (!out) {
        throw std::runtime_error(file + " cannot be written");
    }
}

}  // namespace postrider::bench
