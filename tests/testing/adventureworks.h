// Rules and expectations of the AdventureWorks replay: sellers against their quarterly quotas. The
// targets come from the outside data (tests/testing/shared_data.h) when a test runs; what people
// would write by hand stands in tests/data/adventureworks.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "daemon/model/decimal.h"
#include "tests/testing/shared_data.h"

namespace kpiwatch {

// One row of the golden table.
struct QuotaRow {
  std::string seller;    // "274"
  std::string from, to;  // days, `to` not included
  Decimal quota, actual;
  std::string percent;  // half up, two digits: "80.66"
  std::string band;     // a level
};

inline std::vector<std::string> SplitCsvLine(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream in(line.substr(0, line.find('\r')));
  for (std::string cell; std::getline(in, cell, ',');) {
    cells.push_back(cell);
  }
  return cells;
}

// adventureworks/oracle_quota_completion.csv: 129 rows.
inline std::vector<QuotaRow> ReadQuotaOracle() {
  std::vector<QuotaRow> rows;
  std::ifstream in(SharedData("adventureworks/oracle_quota_completion.csv").value_or(""));
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    const std::vector<std::string> cell = SplitCsvLine(line);
    EXPECT_EQ(cell.size(), 10u) << line;
    rows.push_back({cell[0], cell[3], cell[4], Decimal::Parse(cell[5]).value(),
                    Decimal::Parse(cell[6]).value(), cell[8], cell[9]});
  }
  return rows;
}

// The company's quota periods: [first, second) → sum of the quotas.
inline std::map<std::pair<std::string, std::string>, Decimal> CompanyQuotas() {
  std::map<std::pair<std::string, std::string>, Decimal> sums;
  for (const QuotaRow& row : ReadQuotaOracle()) {
    sums[{row.from, row.to}] += row.quota;
  }
  return sums;
}

// Copies tests/data/adventureworks/*.yaml into `directory` and writes targets.yaml beside them: the
// quota of each row, the company's of each period and of all periods, and beside them the orders
// that are known to be there. Tests run in the project root.
inline void WriteAdventureWorksConfig(const std::string& directory) {
  for (const auto& entry : std::filesystem::directory_iterator("tests/data/adventureworks")) {
    std::filesystem::copy_file(entry.path(), directory / entry.path().filename(),
                               std::filesystem::copy_options::overwrite_existing);
  }
  std::ofstream out(std::filesystem::path(directory) / "targets.yaml");
  const auto write = [&out](const std::string& subject, const std::string& from,
                            const std::string& to, const Decimal& target) {
    out << "  - {kpi: revenue, " << subject << ", from: " << from << ", to: " << to
        << ", target: " << target.ToString() << " USD}\n";
  };
  const auto write_orders = [&out](const std::string& subject, const std::string& from,
                                   const std::string& to, int orders) {
    out << "  - {kpi: orders, " << subject << ", from: " << from << ", to: " << to
        << ", target: " << orders << "}\n";
  };
  out << "targets:\n";
  std::string first = "9999-12-31", last = "0001-01-01";
  Decimal all;
  for (const QuotaRow& row : ReadQuotaOracle()) {
    write("person: \"" + row.seller + "\"", row.from, row.to, row.quota);
  }
  for (const auto& [period, sum] : CompanyQuotas()) {
    write("unit: company", period.first, period.second, sum);
    first = std::min(first, period.first);
    last = std::max(last, period.second);
    all += sum;
  }
  write("unit: company", first, last, all);
  write_orders("unit: company", first, last, 2905);
  write_orders("person: \"276\"", "2013-08-30", "2013-11-30", 43);
}

}  // namespace kpiwatch
