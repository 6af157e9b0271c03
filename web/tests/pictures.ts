import type { Image, Project } from '../src/contract.gen'

let count = 0

/** A picture as the server shows it, with what a test cares about. */
export function picture(changes: Partial<Image> = {}): Image {
  count += 1
  return {
    id: `00000000-0000-4000-8000-${String(count).padStart(12, '0')}`,
    project: 'p1',
    author: 'me',
    kind: 'generation',
    status: 'pending',
    version: 1,
    created_at: '2030-01-01T10:00:00Z',
    phase_started_at: '2030-01-01T10:00:00Z',
    finished_at: null,
    trashed_at: null,
    moved_at: null,
    cancel_requested: false,
    batch: null,
    position: 0,
    name: '',
    prompt: 'a lake',
    model: 'nano-banana-2',
    aspect_ratio: '1:1',
    resolution: '1K',
    inputs: [],
    estimate: null,
    attempt: 0,
    favorite: false,
    width: null,
    height: null,
    renditions: {},
    thumbhash: null,
    error: null,
    metadata: {},
    ...changes,
  }
}

export function project(changes: Partial<Project> = {}): Project {
  return {
    id: 'p1',
    name: 'Project',
    version: 1,
    created_at: '2030-01-01T09:00:00Z',
    updated_at: '2030-01-01T09:00:00Z',
    trashed_at: null,
    ...changes,
  }
}
