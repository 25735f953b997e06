import type { JSX } from "preact";
import type { Storage, Tier } from "../api/streaming";
import { formatBytes, formatCount, formatDateTime, formatDuration, formatNumber } from "../chart/format";
import type { Poll } from "../state/poll";
import { FactsList } from "./FactsList";
import { ErrorState, Skeleton } from "./States";

/** The tiers of the store: what they hold, how far back, and how far back they will reach. */
export function TierCards({ storage }: { storage: Poll<Storage> }): JSX.Element {
  const s = storage.value.value;
  if (s === null) {
    if (storage.error.value !== null) return <ErrorState title="The store could not be read" message={storage.error.value} onRetry={() => void storage.now()} />;
    return <Skeleton label="loading the store" rows={3} height={120} />;
  }
  return (
    <>
      {s.full && (
        <p class="banner warning" role="alert">
          The disk is full: nothing is stored until there is space.
        </p>
      )}
      <div class="cards">
        {s.tiers.map((t) => (
          <TierCard key={t.tier} t={t} />
        ))}
        {s.disk && (
          <section class="card key" aria-label="disk">
            <h2>Disk</h2>
            <Meter label="used of the file system" share={1 - s.disk.free / Math.max(1, s.disk.size)} />
            <FactsList
              facts={[
                ["Free", `${formatBytes(s.disk.free)} of ${formatBytes(s.disk.size)}`],
                ["foster's store", formatBytes(s.bytes)],
              ]}
            />
          </section>
        )}
      </div>
    </>
  );
}

function every(step: number): string {
  return step === 1 ? "every second" : step === 60 ? "every minute" : step === 3600 ? "every hour" : `every ${formatDuration(step)}`;
}

function pointsText(t: Tier): string {
  if (t.points === 0) return t.bytes > 0 ? "none yet; the newest are in memory" : "none yet";
  return `${formatCount(t.points)}${t.bytesPerPoint !== null ? `, ${formatNumber(t.bytesPerPoint, 2)} bytes each` : ""}`;
}

function TierCard({ t }: { t: Tier }): JSX.Element {
  const share = t.maxBytes > 0 ? t.bytes / t.maxBytes : 0;
  return (
    <section class="card key" aria-label={`tier ${t.tier}`}>
      <h2>
        Tier {t.tier} <span class="note">{every(t.step)}</span>
      </h2>
      {t.maxBytes > 0 && <Meter label="used of the tier" share={share} />}
      <FactsList
        facts={[
          ["Size", `${formatBytes(t.bytes)}${t.maxBytes > 0 ? ` of ${formatBytes(t.maxBytes)}` : ""}`],
          ["Reaches back", t.covered > 0 ? formatDuration(t.covered) : "–", t.first > 0 ? `since ${formatDateTime(t.first)}` : undefined],
          ["Will reach back", t.expected > 0 ? formatDuration(t.expected) : "not known yet"],
          ["Kept at most", t.maxSeconds > 0 ? formatDuration(t.maxSeconds) : "as long as there is room"],
          ["Metrics", formatCount(t.series)],
          ["Points in blocks", pointsText(t)],
        ]}
      />
    </section>
  );
}

function Meter({ label, share }: { label: string; share: number }): JSX.Element {
  const percent = Math.round(100 * Math.min(1, Math.max(0, share)));
  return (
    <div class={`fill${share >= 0.95 ? " critical" : share >= 0.85 ? " warning" : ""}`} role="meter" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={percent}>
      <span style={{ width: `${percent}%` }} />
    </div>
  );
}
