/**
 * What `given` says where it says something, else the default. Read anew at each access, so that whoever holds it follows
 * a configuration that is changed while the coordinator runs.
 */
export function withDefaults<T extends object>(defaults: T, given: Partial<T> = {}): T {
  return new Proxy(defaults, {
    get: (target, name) => (Reflect.get(given, name) as unknown) ?? Reflect.get(target, name),
  });
}
