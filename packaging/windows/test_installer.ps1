# Installs Twotime for this user alone, tries it, removes it, and looks at what is left.
$ErrorActionPreference = "Stop"
Set-Location (Join-Path $PSScriptRoot "..\..")

$installer = Get-Item dist\twotime-*-windows-x86_64.exe | Sort-Object Name | Select-Object -Last 1
$folder = Join-Path ([IO.Path]::GetTempPath()) "Zoë Müller β\Twotime"
$type = "HKCU:\Software\Classes\.twotime"
$others = @(".h5", ".hdf5", ".yaml") | ForEach-Object { "HKCU:\Software\Classes\$_" }
$settings = Join-Path $env:LOCALAPPDATA "twotime\twotime\window.ini"
$before = @($others | Where-Object { Test-Path $_ })

function Start-Checked([string] $Program, [string[]] $Arguments) {
    $process = Start-Process $Program -ArgumentList $Arguments -Wait -PassThru
    if ($process.ExitCode -ne 0) { throw "$Program ended with exit code $($process.ExitCode)" }
}

$quiet = "/VERYSILENT", "/SUPPRESSMSGBOXES", "/NORESTART"
Start-Checked $installer.FullName (@("/CURRENTUSER", "/DIR=`"$folder`"") + $quiet)
& "$folder\twotime.exe" selftest
if ($LASTEXITCODE -ne 0) { throw "the self-test of the installed program failed" }
if (-not (Test-Path $type)) { throw ".twotime is not registered" }
$after = @($others | Where-Object { Test-Path $_ })
if ($after.Count -ne $before.Count) { throw "a foreign file type was taken over: $after" }

New-Item $settings -ItemType File -Force | Out-Null
Start-Checked "$folder\unins000.exe" $quiet
# The uninstaller goes on from a copy of itself.
for ($i = 0; $i -lt 60 -and (Test-Path $folder); $i++) { Start-Sleep -Seconds 1 }
foreach ($left in $folder, $type, (Join-Path $env:LOCALAPPDATA "twotime\Cache")) {
    if (Test-Path $left) { throw "$left is left after the removal" }
}
if (-not (Test-Path $settings)) { throw "the settings were removed without a question" }
Write-Host "installed, tried, removed: nothing but the settings is left"
