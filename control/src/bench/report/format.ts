/** Numbers as people read them: three digits that matter, a unit that fits, a dash where there is none. */
import { infoOf, type MetricFormat, type MetricName } from "./metrics.ts";

export const nothing = "–";
const space = "\u00a0";

export function formatMetric(name: MetricName, value: number | null): string {
  return formatNumber(infoOf(name).format, value);
}

export function formatNumber(format: MetricFormat, value: number | null): string {
  if (value === null || !Number.isFinite(value)) return nothing;
  switch (format) {
    case "seconds":
      return formatSeconds(value);
    case "percent":
      return formatPercent(value);
    case "bytes":
      return formatBytes(value);
    case "count":
      return grouped(value.toFixed(0));
    case "factor":
    case "number":
      return threeDigits(value);
  }
}

/** 0.000423 is "0.423 ms", 61.2 is "61.2 s", 5400 is "1 h 30 min". */
export function formatSeconds(seconds: number): string {
  const size = Math.abs(seconds);
  if (size === 0) return `0${space}s`;
  if (size < 0.9995) return `${threeDigits(seconds * 1000)}${space}ms`;
  if (size < 600) return `${threeDigits(seconds)}${space}s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes}${space}min`;
  return `${Math.floor(minutes / 60)}${space}h${minutes % 60 === 0 ? "" : `${space}${minutes % 60}${space}min`}`;
}

/** 0.0423 is "4.23 %". */
export function formatPercent(part: number): string {
  return `${decimals(part * 100, Math.abs(part) < 0.0995 ? 2 : 1)}${space}%`;
}

/** With its sign: 0.018 is "+1.8 %". */
export function formatChange(part: number): string {
  const percent = decimals(part * 100, Math.abs(part) < 0.0995 ? 1 : 0);
  return `${percent.startsWith("−") || Number(percent) === 0 ? "" : "+"}${percent}${space}%`;
}

function formatBytes(bytes: number): string {
  return bytes < 999.5e6 ? `${threeDigits(bytes / 1e6)}${space}MB` : `${threeDigits(bytes / 1e9)}${space}GB`;
}

/** 1234.5 is "1,235", 12.34 is "12.3", 0.01234 is "0.0123". */
export function threeDigits(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return "0";
  // What rounds up to the next power of ten has a digit more before the point.
  const digits = Math.floor(Math.log10(Number(size.toPrecision(3))));
  return grouped(decimals(value, Math.min(8, Math.max(0, 2 - digits))));
}

function decimals(value: number, places: number): string {
  const text = value.toFixed(places);
  return /^-0(?:\.0*)?$/.test(text) ? text.slice(1) : text.replace("-", "−");
}

function grouped(text: string): string {
  const [whole = "", ...rest] = text.split(".");
  return [whole.replaceAll(/\B(?=(?:\d{3})+$)/g, ","), ...rest].join(".");
}
