/** The text of src/contract.ts as schemas/v1 says now. */
export function contract(): Promise<string>
