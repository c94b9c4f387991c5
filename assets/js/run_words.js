// SPDX-License-Identifier: MIT
// What a run is, in words: a module, a ready check, a file to distribute or to collect; how it is batched; why it stands
// still. Pure, but for the dictionary.

import { own, t } from './i18n.js';
import { sizesText } from './batches.js';

export const kindOf = (run) => run.kind || 'module';

/** "1001 System log", "Ready check", "Distribute app.tar to /opt/app.tar". */
export function runTitle(run) {
  const kind = kindOf(run);
  if (kind === 'module') return run.module ? `${run.module.id} ${own(run.module, 'name')}` : t('kind.module');
  if (kind === 'copy') return t('copy.title_of', { source: run.spec?.source ?? '', destination: run.spec?.destination ?? '' });
  if (kind === 'fetch') return t('fetch.title_of', { source: run.spec?.source ?? '' });
  return t(`kind.${kind}`);
}

export function parametersText(run) {
  return (run.parameters || []).map((one) => (one.secret ? '••••' : one.value)).filter(Boolean).join(' ');
}

/** What the kind of run may do to a host, where no module says it. */
export function riskOf(run) {
  return run.module?.risk || (kindOf(run) === 'copy' ? 'change' : 'read');
}

/** "Batch 2 of 5"; '' for a run that goes to all its hosts at once. */
export function batchText(run) {
  if (!run.batches || run.batches.count < 2) return '';
  return t('run.batch_of', { n: Math.min(run.batches.current + 1, run.batches.count), count: run.batches.count });
}

/** Why it stands still and what to look at before it goes on, or that it was stopped by its failures; else ''. */
export function pausedText(run) {
  if (run.paused_reason === 'too_many_failed') return t('run.stopped_too_many', { n: run.counts?.skipped ?? 0 });
  if (run.state !== 'paused') return '';
  if (run.paused_reason === 'after_batch') return t(run.batches?.current === 0 ? 'run.paused_canary' : 'run.paused_batch');
  return t('run.paused_by_hand');
}

/** The rules of a run's batches in one line. sizes: of the batches, where they are known. */
export function batchRules(batches, sizes = null) {
  if (!batches) return t('batches.all_at_once');
  const split = sizes ? sizes.length > 1 && t('batches.planned', { n: sizes.length, sizes: sizesText(sizes) }) : batches.count > 1 && t('batches.count', { n: batches.count });
  const pause = batches.pause && batches.pause !== 'never' && t(`batches.waits_${batches.pause}`);
  return [split || t('batches.all_at_once'), batches.order === 'random' && t('batches.order_random'), pause, batches.max_failed && t('batches.stops', { amount: batches.max_failed })].filter(Boolean).join(t('common.semicolon'));
}
