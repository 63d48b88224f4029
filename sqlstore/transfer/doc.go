// Package transfer moves everything that a store holds into another database, and tells how much a database holds. It finds tables and columns in the
// databases' own catalogs, so that nobody has to remember it when the schema grows; what it cannot carry it refuses.
package transfer
