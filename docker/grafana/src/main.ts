// Writes every dashboard as JSON into the folder that is named, or into dashboards/.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './board';
import { cost } from './cost';
import { health } from './health';
import { models } from './models';
import { overview } from './overview';
import { slo } from './slo';

const folder = process.argv[2] ?? 'dashboards';
mkdirSync(folder, { recursive: true });
for (const board of [overview, models, cost, slo, health])
    writeFileSync(join(folder, `${board.uid}.json`), `${JSON.stringify(build(board), null, 2)}\n`);
