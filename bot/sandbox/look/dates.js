// Times in the reader's own zone and language.

const format = (options) => new Intl.DateTimeFormat(undefined, options);
const CLOCK = format({ hour: "numeric", minute: "2-digit" });
const CLOCK_SECONDS = format({ hour: "numeric", minute: "2-digit", second: "2-digit" });
const DAY = format({ weekday: "long", month: "long", day: "numeric" });
const FULL = format({ dateStyle: "full", timeStyle: "long" });

const dayOf = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
const daysAgo = (date) => Math.round((dayOf(new Date()) - dayOf(date)) / 86_400_000);

export const clock = (date) => CLOCK.format(date);
export const full = (date) => FULL.format(date);
export const sameDay = (one, other) => dayOf(one) === dayOf(other);

/** "Today", "Yesterday", or the day. */
export function dayName(date) {
  return { 0: "Today", 1: "Yesterday" }[daysAgo(date)] ?? DAY.format(date);
}

const near = (date) => ({ 0: "today", 1: "yesterday", [-1]: "tomorrow" })[daysAgo(date)];
const numeric = (date) =>
  `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}-${String(date.getDate()).padStart(2, "0")}`;
const short = (date) => format({ month: "short", day: "numeric", year: "numeric" }).format(date);
const middle = (date) => format({ month: "long", day: "numeric", year: "numeric" }).format(date);
const long = (date) => format({ weekday: "long", month: "long", day: "numeric", year: "numeric" }).format(date);

const TOKENS = {
  date_num: numeric,
  date_slash: (date) => format({ year: "numeric", month: "2-digit", day: "2-digit" }).format(date),
  date: middle,
  date_short: short,
  date_long: long,
  date_pretty: (date) => near(date) ?? middle(date),
  date_short_pretty: (date) => near(date) ?? short(date),
  date_long_pretty: (date) => near(date) ?? long(date),
  date_long_full: long,
  day_divider_pretty: (date) => near(date) ?? long(date),
  time: clock,
  time_secs: (date) => CLOCK_SECONDS.format(date),
  ago: (date) => ago((Date.now() - date.getTime()) / 1000),
};

function ago(seconds) {
  const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
  for (const [unit, size] of [["day", 86_400], ["hour", 3600], ["minute", 60]]) {
    if (Math.abs(seconds) >= size) return relative.format(-Math.round(seconds / size), unit);
  }
  return relative.format(-Math.round(seconds), "second");
}

/** Slack's date format, as in "{date_short_pretty} at {time}"; undefined where it has a token that Slack has not. */
export function dated(template, date) {
  let known = true;
  const text = template.replace(/\{(\w+)\}/g, (_, token) => {
    if (TOKENS[token]) return TOKENS[token](date);
    known = false;
    return "";
  });
  return known && !Number.isNaN(date.getTime()) ? text : undefined;
}
