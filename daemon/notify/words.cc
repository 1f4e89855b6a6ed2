#include "daemon/notify/words.h"

#include <algorithm>

#include "daemon/notify/facts.h"

namespace kpiwatch {
namespace {

constexpr Words kChinese = {
    .language = "zh",
    .levels = {"绿色", "黄色", "橙色", "红色"},
    .resolved = "已解除",
    .withdrawn = "已撤回",
    .data = "数据",
    .kpi = "指标",
    .subject = "对象",
    .period = "周期",
    .change = "级别变化",
    .value = "实际",
    .restated = "更正前",
    .target = "目标",
    .completion = "完成率",
    .expected = "至今应达",
    .pace = "进度",
    .projection = "照此推算",
    .required = "余下每个工作日需",
    .attainable = "最多可达",
    .back_loading = "最后四分之一工作日占",
    .since = "开始于",
    .streak = "连续未达标",
    .why = "原因",
    .shortfall = "差距",
    .detail = "说明",
    .counted = "计入的周期",
    .skipped = "未计入的周期",
    .grant = "已授权",
    .rule = "规则",
    .task = "任务",
    .assignee = "负责人",
    .due = "截止",
    .checklist = "清单",
    .colon = "：",
    .met = "达标",
    .missed = "未达标",
    .more = "项未列出",
    .more_alerts = "条预警未列出",
    .cause = "更正事件",
    .streak_units = {"个工作日", "周", "个月", "个季度", "年", "个目标期"},
    .streak_format = "{} {}（累计计算：触发较低级别的周期也计入）",
    .short_format = "{} {} / {}（差 {}）",
    .unit_format = "{}（{}）",
    .range_format = "{} 至 {}（{} 个）",
    .quoted_format = "【{}】",
    .several_format = "{} 等 {} 条",
    .next = "下一步",
    .footer = "本消息由 kpiwatch 发出，请勿直接回复。",
};

constexpr Words kEnglish = {
    .language = "en",
    .levels = {"Green", "Yellow", "Orange", "Red"},
    .resolved = "Resolved",
    .withdrawn = "Withdrawn",
    .data = "Data",
    .kpi = "KPI",
    .subject = "Who",
    .period = "Period",
    .change = "Level",
    .value = "Actual",
    .restated = "Before the correction",
    .target = "Target",
    .completion = "Completion",
    .expected = "Due by now",
    .pace = "Pace",
    .projection = "At this rate",
    .required = "Needed on each working day left",
    .attainable = "Attainable at most",
    .back_loading = "In the last quarter of the working days",
    .since = "Since",
    .streak = "Missed in a row",
    .why = "Why",
    .shortfall = "Shortfall",
    .detail = "Details",
    .counted = "Periods that counted",
    .skipped = "Periods that did not count",
    .grant = "Granted",
    .rule = "Rule",
    .task = "Task",
    .assignee = "Assignee",
    .due = "Due",
    .checklist = "Checklist",
    .colon = ": ",
    .met = "met",
    .missed = "missed",
    .more = "more not shown",
    .more_alerts = "more alerts not shown",
    .cause = "Corrected by",
    .streak_units = {"working days", "weeks", "months", "quarters", "years", "target periods"},
    .streak_format = "{} {} (counted in total: periods that led to lower levels included)",
    .short_format = "{} {} of {} ({} short)",
    .unit_format = "{} ({})",
    .range_format = "{} to {} ({})",
    .quoted_format = "[{}]",
    .several_format = "{} and more, {} in all",
    .next = "What to do next",
    .footer = "Sent by kpiwatch; please do not reply.",
};

struct Bilingual {
  std::string_view zh, en;
  std::string_view In(std::string_view language) const { return language == "zh" ? zh : en; }
};

Bilingual ThresholdSentence(bool resolved, bool rises) {
  if (resolved) {
    return {"指标已恢复，预警解除。", "The figure has recovered; the alert is over."};
  }
  if (rises) {
    return {"指标达到该级别的触发条件。", "The figure meets the condition of this level."};
  }
  return {"较高级别的条件已不再成立，级别下调。",
          "The condition of the higher level no longer holds."};
}

Bilingual RestatedSentence(bool resolved, bool never_true) {
  if (!resolved) {
    return {"数据已更正，重新判定后级别改变。",
            "Data was corrected; judged again, the level is another one."};
  }
  if (never_true) {
    return {"数据已更正：此前的预警不成立，现予撤回。",
            "Data was corrected: the earlier alert was not true and is withdrawn."};
  }
  return {"数据已更正：预警条件已不再成立，预警解除。",
          "Data was corrected: the condition no longer holds; the alert is over."};
}

Bilingual Sentence(const v1::Transition& transition) {
  const bool resolved = IsResolved(transition);
  switch (transition.reason()) {
    case v1::REASON_RESTATED:
      return RestatedSentence(resolved, transition.never_true());
    case v1::REASON_PERIOD_CLOSED:
      return {"周期已结束，周期内的预警随之关闭。",
              "The period has ended, and the alert within it with it."};
    case v1::REASON_RULE_REMOVED:
      return {"规则已删除，预警关闭。", "The rule was removed; the alert is over."};
    case v1::REASON_RULE_CHANGED:
      return {"规则已修改，按新规则重新判定。",
              "The rule was changed; judged again by the new one."};
    case v1::REASON_DATA_LATE:
      return {"数据源尚未证明该日数据完整；补齐之前不作判定，也不计为未达标。",
              "The source has not proven that the day's data is complete; until then nothing is "
              "judged, and nothing counts as missed."};
    case v1::REASON_DATA_COMPLETE:
      return {"数据已补齐，判定恢复。", "The data is complete; judging goes on."};
    case v1::REASON_UNKNOWN_OWNER:
      return {
          "有数据归属于组织名册之外的人员，或没有写明负责人（\"\"），暂计入公司合计；"
          "请补充名册或修正数据。",
          "Facts name people who are not in the organisation, or nobody (\"\"); they count for "
          "the company until the roster names them or the data is corrected."};
    case v1::REASON_NO_LONGER_COVERED:
      return {"规则不再适用于该对象（已离职，或级别、部门、岗位已变），预警关闭。",
              "The rule does not watch this subject any more (gone, or another level, unit or "
              "role); the alert is over."};
    default:
      return ThresholdSentence(resolved, transition.to_level() > transition.from_level());
  }
}

}  // namespace

const Words& WordsOf(std::string_view language) { return language == "zh" ? kChinese : kEnglish; }

std::string_view ReasonSentence(const v1::Transition& transition, std::string_view language) {
  return Sentence(transition).In(language);
}

std::string_view SkipReasonText(std::string_view reason, std::string_view language) {
  struct Entry {
    std::string_view reason;
    Bilingual text;
  };
  constexpr std::array<Entry, 11> kReasons = {{
      {"not_a_working_day", {"非工作日（周末或节假日）", "not a working day (weekend or holiday)"}},
      {"not_applicable", {"全是休息日（没有工作日）", "has no working day"}},
      {"part_time", {"兼职不上班日", "a day off by part time"}},
      {"on_leave", {"请假", "on leave"}},
      {"not_employed", {"不在职", "not employed"}},
      {"no_target", {"没有目标", "no target"}},
      {"no_floors", {"该级别没有此指标的底线", "no floors for the level of then"}},
      {"before_first_sight", {"当时尚无此对象", "not known yet"}},
      {"insufficient", {"指标当时尚未计量", "the KPI was not measured then"}},
      {"not_watched", {"规则当时不适用于该对象", "not watched by the rule then"}},
      {"no_value",
       {"没有数值（分母为零或太小）", "no value (nothing, or too little, to divide by)"}},
  }};
  const auto* it = std::find_if(kReasons.begin(), kReasons.end(),
                                [reason](const Entry& entry) { return entry.reason == reason; });
  return it == kReasons.end() ? reason : it->text.In(language);
}

}  // namespace kpiwatch
