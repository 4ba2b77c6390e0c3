import type {Device} from '../protocol/messages.js';

/** The deskphone that stands beside this browser: the chosen one while the user has it, else his main one. */
export function deskOf(devices: readonly Device[], chosen: string | null): Device | undefined {
  return devices.find(device => device.id === chosen) ?? devices.find(device => device.primary) ?? devices[0];
}

/** The devices with that deskphone in front. */
export function deskFirst(devices: readonly Device[], chosen: string | null): Device[] {
  const desk = deskOf(devices, chosen);
  return desk ? [desk, ...devices.filter(device => device !== desk)] : [];
}
