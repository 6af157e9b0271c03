// What tabs and the worker of one browser keep together: in IndexedDB, and one at a time.
import { toldOutside, untold, withTold, type How, type Told } from './told'

/** This browser as a device of the account that switched it on; with what is needed to name it anew. */
export interface KeptDevice {
  id: string
  account: string
  name: string
  language: string
}

interface Kept {
  told: readonly Told[]
  device: KeptDevice | null
}

const STORE = 'kept'
let opened: Promise<IDBDatabase> | null = null

function open(): Promise<IDBDatabase> {
  opened ??= new Promise((go, stop) => {
    const request = indexedDB.open('atelier', 1)
    request.onupgradeneeded = () => request.result.createObjectStore(STORE)
    request.onerror = () => stop(request.error)
    request.onsuccess = () => {
      // Another tab deletes or raises it: nobody waits for this one.
      request.result.onversionchange = () => request.result.close()
      request.result.onclose = () => void (opened = null)
      go(request.result)
    }
  })
  opened.catch(() => (opened = null))
  return opened
}

// A browser may forbid it; then every tab is on its own.
async function read<K extends keyof Kept>(name: K): Promise<Kept[K] | undefined> {
  try {
    return await done((await open()).transaction(STORE).objectStore(STORE).get(name) as IDBRequest<Kept[K] | undefined>)
  } catch {
    return undefined
  }
}

async function write<K extends keyof Kept>(name: K, value: Kept[K]): Promise<void> {
  try {
    await done((await open()).transaction(STORE, 'readwrite').objectStore(STORE).put(value, name))
  } catch {
    // Full or forbidden: it is told twice at worst.
  }
}

const done = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((go, stop) => {
    request.onsuccess = () => go(request.result)
    request.onerror = () => stop(request.error)
  })

/** Runs while nothing else on this device shows or reads messages. Where the browser has no locks it has no system notifications either. */
export const alone = <T>(run: () => Promise<T>): Promise<T> =>
  navigator.locks ? (navigator.locks.request('atelier:told', run) as Promise<T>) : run()

/** Calls `show` with those that nothing on this device has told of, as long as nobody else can; they count as told unless it fails. */
export const telling = (keys: readonly string[], how: How, show: (fresh: string[]) => Promise<void> = async () => undefined): Promise<string[]> =>
  alone(async () => {
    const told = (await read('told')) ?? []
    const fresh = untold(told, keys)
    await show(fresh)
    await write('told', withTold(told, keys, how))
    return fresh
  })

export const notTold = async (keys: readonly string[]): Promise<string[]> => untold((await read('told')) ?? [], keys)
export const outsideTold = async (keys: readonly string[]): Promise<Set<string>> => toldOutside((await read('told')) ?? [], keys)

export const keptDevice = async (): Promise<KeptDevice | null> => (await read('device')) ?? null
export const keepDevice = (device: KeptDevice | null): Promise<void> => write('device', device)
