#include "daemon/model/currency.h"

namespace kpiwatch {
namespace {

// ISO 4217, table A.1, by number of digits; the codes of one line stand in alphabetical order.
constexpr std::string_view kDigits0 = "BIFCLPDJFGNFISKJPYKMFKRWPYGRWFUGXUYIVNDVUVXAFXOFXPF";
constexpr std::string_view kDigits2 =
    "AEDAFNALLAMDANGAOAARSAUDAWGAZNBAMBBDBDTBGNBMDBNDBOBBOVBRLBSDBTNBWPBYNBZDCADCDFCHECHFCHWCNYCOP"
    "COUCRCCUCCUPCVECZKDKKDOPDZDEGPERNETBEURFJDFKPGBPGELGHSGIPGMDGTQGYDHKDHNLHRKHTGHUFIDRILSINRIRR"
    "JMDKESKGSKHRKPWKYDKZTLAKLBPLKRLRDLSLMADMDLMGAMKDMMKMNTMOPMRUMURMVRMWKMXNMXVMYRMZNNADNGNNIONOK"
    "NPRNZDPABPENPGKPHPPKRPLNQARRONRSDRUBSARSBDSCRSDGSEKSGDSHPSLESLLSOSSRDSSPSTNSVCSYPSZLTHBTJSTMT"
    "TOPTRYTTDTWDTZSUAHUSDUSNUYUUZSVEDVESWSTXADXCDXCGYERZARZMWZWGZWL";
constexpr std::string_view kDigits3 = "BHDIQDJODKWDLYDOMRTND";
constexpr std::string_view kDigits4 = "CLFUYW";

constexpr int kLetters = 26;
constexpr signed char kUnknown = -1;

constexpr int IndexOf(char a, char b, char c) {
  return ((a - 'A') * kLetters + (b - 'A')) * kLetters + (c - 'A');
}

struct Table {
  signed char digits[kLetters * kLetters * kLetters];

  constexpr void Enter(std::string_view codes, signed char value) {
    for (size_t i = 0; i + 3 <= codes.size(); i += 3) {
      digits[IndexOf(codes[i], codes[i + 1], codes[i + 2])] = value;
    }
  }
  constexpr Table() : digits() {
    for (signed char& d : digits) {
      d = kUnknown;
    }
    Enter(kDigits0, 0);
    Enter(kDigits2, 2);
    Enter(kDigits3, 3);
    Enter(kDigits4, 4);
  }
};
constexpr Table kTable;

constexpr bool IsUpper(char c) { return 'A' <= c && c <= 'Z'; }

}  // namespace

std::optional<int> CurrencyDigits(std::string_view code) {
  if (code.size() != 3 || !IsUpper(code[0]) || !IsUpper(code[1]) || !IsUpper(code[2])) {
    return std::nullopt;
  }
  const signed char digits = kTable.digits[IndexOf(code[0], code[1], code[2])];
  if (digits == kUnknown) {
    return std::nullopt;
  }
  return digits;
}

}  // namespace kpiwatch
