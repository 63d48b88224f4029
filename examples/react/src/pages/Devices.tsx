import type { Device } from "@cartouche/client";
import { useSessions } from "@cartouche/client/react";

export function Devices() {
  const { sessions: devices, error, revoke, revokeOthers } = useSessions();
  if (error) return <p role="alert">{error.message}</p>;
  if (!devices) return <p role="status">Loading…</p>;
  const others = devices.filter((d) => !d.current).length;
  return (
    <>
      <h1>Devices</h1>
      <p>You are signed in on {devices.length === 1 ? "this device only" : `${devices.length} devices`}.</p>
      <ul className="devices">
        {devices.map((device) => (
          <li key={device.id}>
            <DeviceRow device={device} onEnd={() => revoke(device.id)} />
          </li>
        ))}
      </ul>
      {others > 0 && (
        <button type="button" onClick={() => void revokeOthers()}>
          Sign out {others === 1 ? "the other device" : `all ${others} other devices`}
        </button>
      )}
    </>
  );
}

function DeviceRow({ device, onEnd }: { device: Device; onEnd(): Promise<void> }) {
  const name = device.label || device.device || "Unknown device";
  return (
    <>
      <div>
        <h2>
          {name} {device.current && <span className="badge">This device</span>}
        </h2>
        <p>
          {[device.place, device.address].filter(Boolean).join(", ")}
          <br />
          Signed in <Moment at={device.created_at} />, last active <Moment at={device.last_active_at} />
        </p>
      </div>
      {!device.current && (
        <button type="button" className="quiet" onClick={() => void onEnd()} aria-label={`Sign out ${name}`}>
          Sign out
        </button>
      )}
    </>
  );
}

const words = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

function Moment({ at }: { at: string }) {
  return <time dateTime={at}>{words.format(new Date(at))}</time>;
}
