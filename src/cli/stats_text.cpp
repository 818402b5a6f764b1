#include "cli/stats_text.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "cli/json.hpp"
#include "cli/table.hpp"
#include "service/figures.hpp"

namespace postrider::cli {

using service::Figure;
using service::FigureRow;
using service::FigureType;

namespace {

constexpr std::string_view total = "_total";

const FigureRow* row_of(const Figure& figure) {
    const auto rows = service::figure_rows();
    const auto found = std::ranges::find(rows, figure.name, &FigureRow::name);
    return found != rows.end() ? &*found : nullptr;
}

/// In the order of the rows; those without one last, as they came.
std::vector<Figure> sorted(std::span<const Figure> figures) {
    std::vector<Figure> all(figures.begin(), figures.end());
    const auto place = [](const Figure& figure) {
        const FigureRow* row = row_of(figure);
        return row != nullptr ? row - service::figure_rows().data() : std::ssize(service::figure_rows());
    };
    std::ranges::stable_sort(all, {}, place);
    return all;
}

std::string_view type_name(const FigureRow& row) {
    return row.type == FigureType::counter ? "counter" : "gauge";
}

/// name="value" -> {"name": "value"}
std::string labels_json(std::string_view label) {
    const auto equals = label.find("=\"");
    if (equals == std::string_view::npos) {
        return "{}";
    }
    const std::string_view value = label.substr(equals + 2, label.size() - equals - 3);
    return '{' + json_string(label.substr(0, equals)) + ": " + json_string(value) + '}';
}

std::string family_text(const FigureRow& row) {
    std::string family = "postrider_" + std::string(row.name);
    if (row.type == FigureType::counter) {
        family.resize(family.size() - total.size());  // the samples have it, their family has not
    }
    std::string text = "# TYPE " + family + ' ' + std::string(type_name(row)) + '\n';
    if (!row.unit.empty()) {
        text += "# UNIT " + family + ' ' + std::string(row.unit) + '\n';
    }
    return text + "# HELP " + family + ' ' + std::string(row.sentence) + ".\n";
}

}  // namespace

std::string stats_table(std::span<const Figure> figures, std::size_t width) {
    constexpr Column columns[] = {{"FIGURE"}, {"VALUE", Align::right}, {"MEANING"}};
    std::vector<std::vector<std::string>> rows;
    for (const Figure& figure : sorted(figures)) {
        const FigureRow* row = row_of(figure);
        rows.push_back({figure.name + (figure.label.empty() ? "" : '{' + figure.label + '}'),
                        std::to_string(figure.value), row != nullptr ? std::string(row->sentence) : std::string()});
    }
    return table_text(columns, rows, width);
}

std::string stats_json(std::span<const Figure> figures) {
    std::string out = "[";
    for (const Figure& figure : sorted(figures)) {
        const FigureRow* row = row_of(figure);
        out += out.size() > 1 ? ",\n " : "\n ";
        out += "{\"name\": " + json_string(figure.name) + ", \"labels\": " + labels_json(figure.label) +
               ", \"value\": " + std::to_string(figure.value) +
               ", \"type\": " + (row != nullptr ? json_string(type_name(*row)) : "null") +
               ", \"unit\": " + json_string(row != nullptr ? row->unit : "") + '}';
    }
    return out + "\n]\n";
}

std::string open_metrics(std::span<const Figure> figures) {
    std::string out;
    std::string_view family;
    const auto all = sorted(figures);
    for (const Figure& figure : all) {
        if (const FigureRow* row = row_of(figure); row != nullptr && figure.name != family) {
            out += family_text(*row);
            family = figure.name;
        }
        out += "postrider_" + figure.name + (figure.label.empty() ? "" : '{' + figure.label + '}') + ' ' +
               std::to_string(figure.value) + '\n';
    }
    return out + "# EOF\n";
}

}  // namespace postrider::cli
