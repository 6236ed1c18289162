// Says times in the reader's own time zone: the server has put them down in its own.

const DAY = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });

function capitalized(text) {
  return text.charAt(0).toLocaleUpperCase(document.documentElement.lang) + text.slice(1);
}

function daysBetween(moment, now) {
  const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((midnight(moment) - midnight(now)) / 86_400_000);
}

function words(moment, now) {
  const language = document.documentElement.lang;
  const days = daysBetween(moment, now);
  const year = moment.getFullYear() === now.getFullYear() ? undefined : "numeric";
  const day =
    days === 0 || days === -1
      ? capitalized(DAY.format(days, "day"))
      : new Intl.DateTimeFormat(language, { month: "long", day: "numeric", year }).format(moment);
  const time = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return `${day}, ${time.format(moment)}`;
}

for (const element of document.querySelectorAll("time[data-when]")) {
  element.textContent = words(new Date(element.dateTime), new Date());
}
