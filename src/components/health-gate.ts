import type { Gate } from '../engine/stage.ts';
import type { Component } from './component.ts';

/** The gate that opens when a component answers on its own health endpoint. */
export function healthGate(component: Component): Gate {
  return {
    name: `${component.unit.replace(/\.service$/, '')} healthy`,
    check: component.health,
    timeoutSeconds: component.healthTimeoutSeconds,
    unit: component.unit,
  };
}
