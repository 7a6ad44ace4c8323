/** What an incident is called: its name; while nobody named it, place and day from its id (domain.md 6.2). */
import type { IncidentHead } from '@fenghuo/client/contract'
import type { Regions } from '../../../reference/regions'
import { t } from '../words'

const FORM = /(?:^|-)\d{6}-(\d{6})-(\d{4})(\d{2})(\d{2})-\d+$/

export function incidentName(incident: string, head: IncidentHead | null, regions: Regions): string {
  if (head?.name) return head.name
  const parts = FORM.exec(incident)
  if (!parts) return incident
  const [, county, year, month, day] = parts
  return t('incident_unnamed', { place: regions.get(`${county}000000`).name, date: `${year}-${month}-${day}` })
}
