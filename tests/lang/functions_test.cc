// What functions give, and how their mistakes are answered. The values are those of
// program_test.cc.
#include "tests/lang/meaning.h"

namespace kpiwatch::lang {
namespace {

INSTANTIATE_TEST_SUITE_P(
    Texts, Meaning,
    testing::Values(Case{"s.startsWith('ca')", "true"}, Case{"s.startsWith('all')", "false"},
                    Case{"s.endsWith('ll')", "true"}, Case{"s.endsWith('ca')", "false"},
                    Case{"s.contains('al')", "true"}, Case{"s.contains('la')", "false"},
                    Case{"data.kind.startsWith('vi')", "true"}, Case{"s.startsWith('')", "true"},
                    Case{"data.no.startsWith('x')", "false"},
                    Case{"!data.no.startsWith('x')", "true"},
                    Case{"data.amount.startsWith('1')", "false"},
                    Case{"data.kind.startsWith(s)", "false"}, Case{"s.matches('^c.l+$')", "true"},
                    Case{"matches(s, 'al{3}')", "false"}, Case{"data.no.matches('')", "false"},
                    Case{"'call'.startsWith('c')", "true"}, Case{"('call').size()", "4"},
                    Case{"size(s) == 4", "true"}, Case{"size('πέντε')", "5"},
                    Case{"size(data.amount)", "absent"}, Case{"size(data.客户)", "1"}));

INSTANTIATE_TEST_SUITE_P(Presence, Meaning,
                         testing::Values(Case{"has(data.kind)", "true"},
                                         Case{"has(data.no)", "false"},
                                         Case{"has(data.no) || data.amount > 3", "true"}));

INSTANTIATE_TEST_SUITE_P(
    Numbers, Meaning,
    testing::Values(Case{"min(n, 3, m)", "0"}, Case{"max(n, 3, m)", "12"}, Case{"max(1, 1)", "1"},
                    Case{"min(data.cell, 13)", "12.5"}, Case{"min(n, data.no)", "absent"},
                    Case{"max(n, data.kind)", "absent"}, Case{"abs(m - n)", "12"},
                    Case{"abs(n)", "12"}, Case{"abs(data.kind)", "absent"},
                    Case{"round(2 / 3, 2)", "0.67"}, Case{"round(-2.5)", "-3"},
                    Case{"round(data.cell)", "13"}, Case{"round(data.no)", "absent"},
                    Case{"round(1.25, 1)", "1.3"}, Case{"round(5/3 * 1 CNY, 2)", "1.67 CNY"}));

INSTANTIATE_TEST_SUITE_P(
    OfFunctions, Mistakes,
    testing::Values(
        Mistake{"n.startsWith('x')", 0, "'startsWith' needs a string, found a number"},
        Mistake{"s.startsWith(1)", 13, "'startsWith' needs a string, found a number"},
        Mistake{"startsWith(s, 'x')", 0, "'startsWith' is written text.startsWith(…)"},
        Mistake{"n.abs()", 2, "'abs' is written abs(…), not behind a value"},
        Mistake{"s.startsWith()", 2, "'startsWith' takes 1 value, found 0"},
        Mistake{"min(n)", 0, "'min' takes 2 or more values, found 1"},
        Mistake{"round(n, 1, 2)", 0, "'round' takes 1 or 2 values, found 3"},
        Mistake{"round(n, 7)", 9, "'round' takes 0 to 6 digits, written out"},
        Mistake{"round(n, m)", 9, "'round' takes 0 to 6 digits, written out"},
        Mistake{"round(at)", 6, "'round' needs a number, found a time"},
        Mistake{"abs(s)", 4, "'abs' needs a number, found a string"},
        Mistake{"min(n, s)", 7, "'min' needs a number, found a string"},
        Mistake{"min(n, 1h)", 7, "'min' mixes a number and a duration"},
        Mistake{"max(at, n)", 8, "'max' mixes a time and a number"},
        Mistake{"max(1h, at)", 8, "'max' mixes a duration and a time"},
        Mistake{"has(1)", 4, "'has' asks for a field, such as has(data.kind)"},
        Mistake{"size(n)", 5, "'size' needs a string, found a number"},
        Mistake{"s.contains(data.x)", 11, "'contains' looks for a text that is written out"},
        Mistake{"s.matches(data.x)", 10, "'matches' needs a pattern that is written out"},
        Mistake{"s.matches('(')", 10, "'(' is not a regular expression: a '(' without ')'"},
        Mistake{"size(s", 6, "expected ',' or ')', found the end of the expression"},
        Mistake{"size(null)", 5, "'null' can only be compared"},
        Mistake{"s.size() + 'x'", 11, "'+' needs a number, found a string"}));

}  // namespace
}  // namespace kpiwatch::lang
