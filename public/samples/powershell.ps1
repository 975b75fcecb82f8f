# @TITLE@
# PowerShell 7, or Windows PowerShell 5.1. Wants the key in PORTICO_KEY: $env:PORTICO_KEY = '...'

$ErrorActionPreference = 'Stop'
$url = '@URL@'
$key = '@KEY@'
$parameters = '@PARAMETERS@'
$row = [ordered]@{
    '@ROW@'
}

# Scores rows (dictionaries by column); returns one object for each, in the same order.
function Get-Score([object[]] $Rows, [int] $Tries = 6) {
    $body = @{ Inputs = @{ input1 = $Rows }; GlobalParameters = $parameters } | ConvertTo-Json -Depth 10
    $request = @{
        Uri             = $url
        Method          = 'Post'
        Headers         = @{ Authorization = "Bearer $key" }
        ContentType     = 'application/json; charset=utf-8'
        # Windows PowerShell would send a text in Latin-1.
        Body            = [Text.Encoding]::UTF8.GetBytes($body)
        TimeoutSec      = 120
        UseBasicParsing = $true
    }
    for ($attempt = 1; ; $attempt++) {
        try {
            return (Invoke-RestMethod @request).Results.output1
        }
        catch {
            $response = $_.Exception.Response
            $status = [int] $response.StatusCode
            if (($status -ne 429 -and $status -ne 503) -or $attempt -eq $Tries) {
                throw (Get-Explanation $status $_)
            }
            # The limit was reached: wait as long as the answer says, and longer from try to try.
            $wait = (Get-Random -Minimum 0.5 -Maximum 1.0) * [Math]::Pow(2, $attempt - 2)
            $said = 0
            if ($response.Headers -is [Net.WebHeaderCollection]) {
                [void] [int]::TryParse($response.Headers['Retry-After'], [ref] $said)
            }
            elseif ($response.Headers.RetryAfter.Delta) {
                $said = $response.Headers.RetryAfter.Delta.TotalSeconds
            }
            Start-Sleep -Milliseconds ([int] (1000 * [Math]::Max($wait, $said)))
        }
    }
}

# An error's code, message and details, one a line.
function Get-Explanation([int] $Status, $Failure) {
    $body = $Failure.ErrorDetails.Message
    if (-not $body -and $Failure.Exception.Response -is [Net.HttpWebResponse]) {
        $stream = $Failure.Exception.Response.GetResponseStream()
        $stream.Position = 0
        $body = [IO.StreamReader]::new($stream).ReadToEnd()
    }
    if (-not $body) { return "$($Failure.Exception.Message)" }
    try { $problem = ($body | ConvertFrom-Json).error } catch { $problem = $null }
    if (-not $problem) { return "${Status}: $body" }
    $lines = @("$Status $($problem.code): $($problem.message)")
    foreach ($detail in $problem.details) {
        $where = if ($detail.target) { " ($($detail.target))" } else { '' }
        $lines += "  $($detail.code)${where}: $($detail.message)"
    }
    $lines -join [Environment]::NewLine
}

Get-Score $row | Format-List
