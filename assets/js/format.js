// SPDX-License-Identifier: MIT
// Numbers as people read them: durations, sizes, times. Pure, but for the viewer's own time zone.

const pad = (n) => String(n).padStart(2, '0');

/** 820 ms, 1.2 s, 42 s, 3 m 04 s, 2 h 05 m, 3 d 04 h. Empty for a time that is not known. */
export function duration(ms) {
  if (ms === null || ms === undefined || Number.isNaN(ms)) return '';
  const value = Math.max(0, ms);
  if (value < 999.5) return `${Math.round(value)} ms`;
  if (value < 9950) return `${(value / 1000).toFixed(1)} s`;
  const seconds = Math.round(value / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${pad(seconds % 60)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} m`;
  const hours = Math.floor(minutes / 60);
  return `${Math.floor(hours / 24)} d ${pad(hours % 24)} h`;
}

/** A running clock: whole seconds only, so that its width and its ticks are steady. */
export function clock(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return seconds < 60 ? `${seconds} s` : duration(seconds * 1000);
}

export function bytes(count) {
  if (!count) return '0 B';
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let value = count;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** Date and time in the viewer's zone, with the zone; today's only with the time. */
export function moment(text, locale, now = new Date()) {
  if (!text) return '';
  const when = new Date(text);
  if (Number.isNaN(when.getTime())) return '';
  const today = when.toDateString() === now.toDateString();
  const options = { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false };
  if (!today) Object.assign(options, { year: 'numeric', month: 'short', day: 'numeric' });
  return new Intl.DateTimeFormat(locale, { ...options, timeZoneName: 'short' }).format(when);
}

/** "3 minutes ago" in few letters. */
export function ago(text, locale, now = Date.now()) {
  const seconds = Math.round((new Date(text).getTime() - now) / 1000);
  if (Number.isNaN(seconds)) return '';
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'narrow' });
  const steps = [['day', 86400], ['hour', 3600], ['minute', 60], ['second', 1]];
  const [unit, size] = steps.find(([, length]) => Math.abs(seconds) >= length) || steps[3];
  return format.format(Math.trunc(seconds / size), unit);
}

/** The two halves of a long name that is cut in its middle: the tail is always shown. */
export function halves(name, tail = 6) {
  const letters = [...name];
  if (letters.length <= tail * 2) return [name, ''];
  return [letters.slice(0, -tail).join(''), letters.slice(-tail).join('')];
}
