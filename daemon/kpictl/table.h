// Tables for people: columns that line up, Chinese text included.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "daemon/model/level.h"

namespace kpiwatch {

class Table {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
  };
  struct Cell {
    std::string text;
    Level colour = Level::kGreen;  // green is not coloured
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // REQUIRES: as many cells as columns.
  void Add(std::vector<Cell> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.empty(); }

  // Title line, then the rows, two spaces between columns, no trailing space.
  void Print(std::ostream& out, bool colours) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace kpiwatch
